package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.dcbalance.migration.Aborts;
import org.dcbalance.migration.MigrationRows;
import org.dcbalance.migration.MigrationRows.Row;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.migration.Phase;
import org.dcbalance.reporting.MoveFigures;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.UtcMinute;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Put migrations into lines: running, queued and finished ones. */
@Component
class MigrationLines {
  private final MigrationRows rows;
  private final MoveFigures figures;
  private final Clock clock;

  MigrationLines(MigrationRows rows, MoveFigures figures, Clock clock) {
    this.rows = rows;
    this.figures = figures;
    this.clock = clock;
  }

  List<RunningMigration> running(@Nullable PoolId pool) {
    return rows.running(value(pool)).stream().map(this::running).toList();
  }

  /**
   * List what waits, in the order of turns.
   *
   * @param observing whether consoles only observe
   */
  List<QueuedMigration> queued(@Nullable PoolId pool, boolean observing) {
    return rows.queued(value(pool)).stream()
        .map(
            q ->
                new QueuedMigration(
                    q.row().id(),
                    new VmId(q.row().vmId()),
                    q.row().vm(),
                    q.row().source(),
                    q.row().target(),
                    q.position(),
                    waitsFor(q.row(), observing)))
        .toList();
  }

  private static String waitsFor(Row row, boolean observing) {
    if (observing) {
      return "Nothing starts while DCbalance only observes.";
    }
    return row.sentence().isEmpty() ? "Waits for its turn." : row.sentence();
  }

  List<FinishedMigration> finished(@Nullable PoolId pool, @Nullable Long before, int most) {
    return rows.finished(value(pool), before, most).stream().map(this::finished).toList();
  }

  List<FinishedMigration> ofVm(VmId vm, int most) {
    return rows.newest(new MigrationRows.Filter(null, null, vm.value()), null, most).stream()
        .filter(r -> r.finishedAt() != null)
        .map(this::finished)
        .toList();
  }

  List<FinishedMigration> ofHost(HostId host, int most) {
    return figures.newestOf(host, most).stream()
        .map(rows::find)
        .flatMap(Optional::stream)
        .map(this::finished)
        .toList();
  }

  RunningMigration running(Row row) {
    var now = row.progress();
    var started = row.startedAt();
    boolean asked = row.abortRequestedBy() != null;
    boolean over = row.phase() == Phase.SETTLING || row.phase() == Phase.DONE;
    boolean ofDisks = ofDisks(row);
    var whyNot =
        row.state() == MigrationState.LOST
            ? "Lost: both hosts are asked until they agree."
            : row.switchedAt() != null
                ? Aborts.IN_POST_COPY
                : asked
                    ? "Abort asked for by " + row.abortRequestedBy() + "."
                    : over ? "It is over; both hosts are being read." : row.cannotAbort();
    return new RunningMigration(
        row.id(),
        row.state().name(),
        phase(row),
        new VmId(row.vmId()),
        row.vm(),
        new HostId(row.sourceHostId()),
        row.source(),
        new HostId(row.targetHostId()),
        row.target(),
        ofDisks,
        now == null ? null : new Memory(now.totalBytes()),
        now == null ? null : new Memory(now.processedBytes()),
        now == null ? null : new Memory(now.remainingBytes()),
        now == null || (now.iteration() <= 1 && now.dirtyRate() == 0)
            ? null
            : new ByteRate(now.dirtyRate()),
        now == null || ofDisks ? null : new ByteRate(now.bandwidth()),
        now == null ? 0 : now.throttle(),
        now == null || now.current() ? null : now.at(),
        started == null ? Duration.ZERO : Duration.between(started, clock.instant()),
        started,
        verdict(row),
        whyNot == null,
        whyNot,
        row.sentence().isEmpty() ? null : row.sentence());
  }

  FinishedMigration finished(Row row) {
    return new FinishedMigration(
        row.id(),
        row.state().name(),
        new VmId(row.vmId()),
        row.vm(),
        row.source(),
        row.target(),
        method(row),
        row.finishedAt(),
        millis(row.totalMillis()),
        millis(row.downtimeMillis()),
        millis(row.guestDowntimeMillis()),
        row.bytes() == null ? null : new Memory(Objects.requireNonNull(row.bytes())),
        row.requestedBy(),
        row.state() == MigrationState.COMPLETED ? null : reason(row));
  }

  private static String reason(Row row) {
    var next = row.attempt().nextAt();
    return next == null
        ? row.sentence()
        : row.sentence() + " It is tried again at " + UtcMinute.of(next) + ".";
  }

  static String method(Row row) {
    var method = row.method();
    return method != null ? method.words() : row.state().ended() ? "–" : "not chosen yet";
  }

  /** Disks that go along are copied before the first pass over memory. */
  private static boolean ofDisks(Row row) {
    var now = row.progress();
    return row.copiesDisks() && now != null && now.iteration() < 1;
  }

  static @Nullable Duration millis(@Nullable Long millis) {
    return millis == null ? null : Duration.ofMillis(millis);
  }

  private static String phase(Row row) {
    return switch (row.phase()) {
      case QUEUED -> "queued";
      case CHECKS -> "checks";
      case PREPARING -> "preparing";
      case COPYING -> {
        if (row.switchedAt() != null) {
          yield "post-copy";
        }
        var now = row.progress();
        yield now != null && now.iteration() >= 1
            ? "copy " + now.iteration()
            : ofDisks(row) ? "copy of disks" : "copy";
      }
      case SWITCH_OVER -> row.switchedAt() == null ? "switch-over" : "post-copy";
      case SETTLING -> "reading both hosts";
      case DONE -> "over";
    };
  }

  /** The first pass copies everything and tells nothing of how the later ones shrink. */
  private static RunningMigration.Verdict verdict(Row row) {
    var now = row.progress();
    if (now != null && !now.current()) {
      return RunningMigration.Verdict.SILENT;
    }
    if (row.switchedAt() != null) {
      return RunningMigration.Verdict.POST_COPY;
    }
    if (now == null || now.iteration() == 1) {
      return RunningMigration.Verdict.UNKNOWN;
    }
    if (row.compressed()) {
      // of a compressed copy, whole pages are dirtied and fewer bytes than that are sent
      var passes = row.passesLeft();
      return passes == null ? RunningMigration.Verdict.UNKNOWN : verdict(passes.gain());
    }
    return now.bandwidth() <= 0
        ? RunningMigration.Verdict.UNKNOWN
        : verdict(now.dirtyRate() < now.bandwidth());
  }

  private static RunningMigration.Verdict verdict(boolean gains) {
    return gains ? RunningMigration.Verdict.CONVERGING : RunningMigration.Verdict.NOT_CONVERGING;
  }

  private static @Nullable Long value(@Nullable PoolId pool) {
    return pool == null ? null : pool.value();
  }
}
