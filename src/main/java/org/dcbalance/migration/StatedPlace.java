package org.dcbalance.migration;

import java.util.Locale;
import java.util.Optional;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.Side.Paused;
import org.dcbalance.migration.Side.PostCopyFailed;
import org.dcbalance.migration.Side.Running;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/** Name where a person states that the guest of a lost migration runs. */
public enum StatedPlace {
  SOURCE,
  DESTINATION,
  NEITHER;

  /**
   * Read what a person typed: one of these words, or a host's name.
   *
   * @throws Problem if it is neither
   */
  static StatedPlace parse(@Nullable String typed, String source, String target) {
    var word = typed == null ? "" : typed.strip().toLowerCase(Locale.ROOT);
    if (word.equals("source") || word.equals(source.toLowerCase(Locale.ROOT))) {
      return SOURCE;
    }
    if (word.equals("destination") || word.equals(target.toLowerCase(Locale.ROOT))) {
      return DESTINATION;
    }
    if (word.equals("neither")) {
      return NEITHER;
    }
    throw new Problem(
        ErrorCode.BAD_REQUEST,
        word.isEmpty()
            ? "Where the virtual machine runs was not stated."
            : "'" + word + "' is not a place where it may run.",
        "Maybe type " + source + ", " + target + " or neither.");
  }

  /**
   * Hold the statement against what both hosts answer. A host that does not answer contradicts
   * nothing: that is what the statement is for.
   *
   * @return what contradicts it, in words that complete "but "; empty if nothing does
   */
  Optional<String> contradiction(String source, Side onSource, String target, Side onTarget) {
    return switch (this) {
      case SOURCE -> runs(source, onSource).or(() -> runsNot(target, onTarget));
      case DESTINATION -> runs(target, onTarget).or(() -> runsNot(source, onSource));
      case NEITHER -> isGone(source, onSource).or(() -> isGone(target, onTarget));
    };
  }

  private static Optional<String> runs(String host, Side side) {
    boolean may =
        switch (side) {
          case Running(var postCopy, _) -> !postCopy && !hasJob(side);
          case Side.Unknown _ -> true;
          case Paused _,
              PostCopyFailed _,
              Side.ShutOff _,
              Side.Absent _,
              Side.Namesake _,
              Side.Odd _ ->
              false;
        };
    return says(may, host, side);
  }

  private static Optional<String> runsNot(String host, Side side) {
    boolean may =
        switch (side) {
          case Running _, PostCopyFailed _ -> false;
          // a copy that is paused for good does no harm, one that is being filled may start
          case Paused(var why, _) -> why != Why.POST_COPY && !hasJob(side);
          case Side.ShutOff _, Side.Absent _, Side.Namesake _, Side.Odd _, Side.Unknown _ -> true;
        };
    return says(may, host, side);
  }

  private static Optional<String> isGone(String host, Side side) {
    boolean may =
        switch (side) {
          case Side.ShutOff _, Side.Absent _, Side.Namesake _, Side.Unknown _ -> true;
          // what is paused may be resumed
          case Running _, Paused _, PostCopyFailed _, Side.Odd _ -> false;
        };
    return says(may, host, side);
  }

  private static boolean hasJob(Side side) {
    return SettlementTable.job(side) != Job.NONE;
  }

  private static Optional<String> says(boolean may, String host, Side side) {
    return may ? Optional.empty() : Optional.of("on " + host + " it is " + side.words());
  }
}
