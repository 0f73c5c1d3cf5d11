package org.dcbalance.migration;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.migration.SettlementTable.Doubt;
import org.jspecify.annotations.Nullable;

/**
 * Know by its mark whether a copy of a guest, and the job on it, belong to a migration.
 *
 * <p>The guest is marked, and what came of that is recorded, before the job is ordered. So a job on
 * a guest that carries no mark, though one was recorded or though nothing was, is somebody else's.
 *
 * @param migration the id of the migration
 * @param recorded the mark that was recorded; null if none was, and so no job was ordered; empty if
 *     the host could not mark the guest
 */
record JobMark(long migration, @Nullable String recorded) {
  private static final Pattern WRITTEN =
      Pattern.compile(
          "dcbalance migration=[0-9]+ epoch=[0-9]+ installation=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?: was (.*))?");

  /**
   * Give the mark of a migration that is started under an epoch of an installation, with what will
   * have to be put back.
   */
  static String text(UUID installation, long migration, long epoch, Undo undo) {
    return start(migration)
        + epoch
        + " installation="
        + installation
        + (undo.isEmpty() ? "" : " was " + undo.text());
  }

  /**
   * What a mark says of the move that it was written for.
   *
   * @param undo what that move changed, as it was before
   */
  record Written(UUID installation, Undo undo) {}

  /** Read what {@link #text} wrote, for whichever migration; empty for anything else. */
  static Optional<Written> read(@Nullable String carried) {
    return Optional.ofNullable(carried)
        .map(WRITTEN::matcher)
        .filter(Matcher::matches)
        .map(m -> new Written(UUID.fromString(m.group(1)), Undo.parse(m.group(2))));
  }

  private static String start(long migration) {
    return "dcbalance migration=" + migration + " epoch=";
  }

  /** Tell whether a mark was written for this migration, whatever was recorded of it. */
  boolean names(@Nullable String carried) {
    return carried != null && carried.startsWith(start(migration));
  }

  /** Tell whether a copy that carries this mark is the migration's. */
  boolean covers(@Nullable String carried) {
    if (recorded == null) {
      return false;
    }
    return recorded.isEmpty() ? carried == null || names(carried) : recorded.equals(carried);
  }

  /** Leave an action as it is, or ask a person where it would follow or touch a foreign copy. */
  Action guard(Action action, HostPair.Answers answers) {
    boolean ours =
        switch (action) {
          case Action.Adopt _,
              Action.DestroySourceCopy _,
              Action.ResumeSource _,
              Action.ResumePostCopy _ ->
              covers(answers.source().mark());
          case Action.DestroyTargetCopy _, Action.ResumeTarget _ -> covers(answers.target().mark());
          // pausing the second of two running copies is right, whoever started it
          case Action.PauseTarget _, Action.WatchPostCopy _, Action.Wait _, Action.AskOperator _ ->
              true;
          // where the guest runs is a fact, whoever brought it there
          case Action.End _ -> true;
        };
    return ours ? action : new Action.AskOperator(Doubt.NOT_OURS);
  }
}
