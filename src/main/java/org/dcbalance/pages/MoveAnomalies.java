package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dcbalance.console.Format;
import org.dcbalance.migration.MigrationRows;
import org.dcbalance.migration.MigrationRows.Row;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.pages.Anomaly.Kind;
import org.springframework.stereotype.Component;

/** Find moves that are lost, get nowhere, or failed a short time ago. */
@Component
class MoveAnomalies implements AnomalySource {
  private static final Duration RECENT = Duration.ofHours(1);
  private static final int MOST_LOOKED_AT = 200;

  private final MigrationRows rows;
  private final MigrationLines lines;
  private final Format format;
  private final Clock clock;

  MoveAnomalies(MigrationRows rows, MigrationLines lines, Format format, Clock clock) {
    this.rows = rows;
    this.lines = lines;
    this.format = format;
    this.clock = clock;
  }

  @Override
  public List<Anomaly> look(Fleet fleet) {
    var picked = fleet.shell().poolId();
    var pool = picked == null ? null : picked.value();
    var found = new ArrayList<Anomaly>();
    for (var row : rows.running(pool)) {
      if (row.state() == MigrationState.LOST) {
        found.add(
            of(
                row,
                Kind.LOST_MOVE,
                "is lost: both hosts are asked until they agree where it runs."));
      } else if (lines.running(row).verdict() == RunningMigration.Verdict.NOT_CONVERGING) {
        found.add(of(row, Kind.NOT_CONVERGING, "does not converge: " + pace(row)));
      }
    }
    var since = clock.instant().minus(RECENT);
    for (var row : rows.finished(pool, null, MOST_LOOKED_AT)) {
      // one that was tried again is judged by the attempt after it
      if (row.failed()
          && Objects.requireNonNull(row.finishedAt()).isAfter(since)
          && row.attempt().next() == null) {
        found.add(of(row, Kind.FAILED_MOVE, "did not happen: " + row.sentence()));
      }
    }
    return found;
  }

  private String pace(Row row) {
    var passes = row.passesLeft();
    if (row.compressed() && passes != null) {
      return "its last pass left %s, and the one before it %s."
          .formatted(format.bytes(passes.last()), format.bytes(passes.before()));
    }
    var now = Objects.requireNonNull(row.progress());
    return "it changes %s, and %s are copied; %s remain."
        .formatted(
            format.rate(now.dirtyRate()),
            format.rate(now.bandwidth()),
            format.bytes(now.remainingBytes()));
  }

  private static Anomaly of(Row row, Kind kind, String what) {
    return new Anomaly(
        kind,
        row.vm(),
        "The move of %s from %s to %s %s".formatted(row.vm(), row.source(), row.target(), what),
        row.finishedAt() == null ? row.startedAt() : row.finishedAt(),
        "/migrations/" + row.id());
  }
}
