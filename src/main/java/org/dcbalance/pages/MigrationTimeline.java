package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.migration.MigrationRows.Row;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.migration.Phase;
import org.dcbalance.pages.MigrationDetail.Step;
import org.dcbalance.reporting.MigrationStory;
import org.jspecify.annotations.Nullable;

/** Lay a migration out in steps: queued, checks, copy 1 to n, switch-over or post-copy, done. */
final class MigrationTimeline {
  private MigrationTimeline() {}

  /** A step that was entered, or would come next where the instant is null. */
  private record Mark(String name, @Nullable Instant at) {}

  static List<Step> of(Row row, List<MigrationStory.Line> lines, List<MigrationStory.Pass> passes) {
    var marks = new ArrayList<Mark>();
    marks.add(new Mark("Queued", row.createdAt()));
    marks.add(new Mark("Checks", first(Phase.CHECKS, lines)));
    var preparing = first(Phase.PREPARING, lines);
    if (preparing != null) {
      marks.add(new Mark("Preparation", preparing));
    }
    var copying = first(Phase.COPYING, lines);
    if (row.copiesDisks()) {
      marks.add(new Mark("Disks", copying));
    }
    marks.addAll(copies(row, row.copiesDisks() ? null : copying, passes));
    var switched = row.switchedAt();
    marks.add(
        switched == null
            ? new Mark("Switch-over", first(Phase.SWITCH_OVER, lines))
            : new Mark("Post-copy", switched));
    marks.add(new Mark("Both hosts read", first(Phase.SETTLING, lines)));
    var steps = new ArrayList<Step>();
    boolean ended = row.finishedAt() != null;
    for (int i = 0; i < marks.size(); i++) {
      var mark = marks.get(i);
      var next = next(marks, i, row);
      if (mark.at() == null) {
        // what was not noticed does not come any more once a later step has begun
        if (!ended && next == null) {
          steps.add(new Step(mark.name(), "pending", null, null));
        }
        continue;
      }
      steps.add(
          new Step(
              mark.name(),
              next == null ? "now" : "done",
              mark.at(),
              next == null || next.isBefore(mark.at()) ? null : Duration.between(mark.at(), next)));
    }
    steps.add(last(row));
    return steps;
  }

  /** The first pass that is seen may be a later one, or be seen late: it is told from the start. */
  private static List<Mark> copies(
      Row row, @Nullable Instant begun, List<MigrationStory.Pass> passes) {
    var marks = new ArrayList<Mark>();
    var switched = row.switchedAt();
    for (var pass : passes) {
      if (switched == null || pass.at().isBefore(switched)) {
        marks.add(
            new Mark(
                "Copy " + pass.iteration(), marks.isEmpty() && begun != null ? begun : pass.at()));
      }
    }
    return marks.isEmpty() ? List.of(new Mark("Copy", begun)) : marks;
  }

  private static Step last(Row row) {
    return switch (row.state()) {
      case COMPLETED -> new Step("Completed", "done", row.finishedAt(), null);
      case FAILED -> new Step("Failed", "failed", row.finishedAt(), null);
      case ABORTED -> new Step("Aborted", "failed", row.finishedAt(), null);
      case REFUSED -> new Step("Not started", "failed", row.finishedAt(), null);
      case LOST -> new Step("Lost", "failed", null, null);
      case PENDING, RUNNING -> new Step("Done", "pending", null, null);
    };
  }

  /** When the next step that was entered began, or the whole ended; null while this one goes on. */
  private static @Nullable Instant next(List<Mark> marks, int index, Row row) {
    for (var mark : marks.subList(index + 1, marks.size())) {
      if (mark.at() != null) {
        return mark.at();
      }
    }
    return row.state() == MigrationState.LOST ? null : row.finishedAt();
  }

  private static @Nullable Instant first(Phase phase, List<MigrationStory.Line> lines) {
    return lines.stream()
        .filter(l -> l.phase().equals(phase.name()))
        .map(MigrationStory.Line::at)
        .findFirst()
        .orElse(null);
  }
}
