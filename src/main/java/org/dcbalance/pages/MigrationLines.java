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

  List<QueuedMigration> queued(@Nullable PoolId pool) {
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
                    q.row().sentence().isEmpty() ? "Starts next." : q.row().sentence()))
        .toList();
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
        now == null ? null : new Memory(now.totalBytes()),
        now == null ? null : new Memory(now.processedBytes()),
        now == null ? null : new Memory(now.remainingBytes()),
        now == null || (now.iteration() <= 1 && now.dirtyRate() == 0)
            ? null
            : new ByteRate(now.dirtyRate()),
        now == null ? null : new ByteRate(now.bandwidth()),
        now == null || now.current() ? null : now.at(),
        started == null ? Duration.ZERO : Duration.between(started, clock.instant()),
        started,
        verdict(now),
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
    return row.method().words();
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
        yield now == null || now.iteration() < 1 ? "copy" : "copy " + now.iteration();
      }
      case SWITCH_OVER -> "switch-over";
      case SETTLING -> "reading both hosts";
      case DONE -> "over";
    };
  }

  /** The first pass copies everything and tells nothing of how the later ones shrink. */
  private static RunningMigration.Verdict verdict(MigrationRows.@Nullable Progress now) {
    if (now != null && !now.current()) {
      return RunningMigration.Verdict.SILENT;
    }
    if (now == null || now.iteration() == 1 || now.bandwidth() <= 0) {
      return RunningMigration.Verdict.UNKNOWN;
    }
    return now.dirtyRate() < now.bandwidth()
        ? RunningMigration.Verdict.CONVERGING
        : RunningMigration.Verdict.NOT_CONVERGING;
  }

  private static @Nullable Long value(@Nullable PoolId pool) {
    return pool == null ? null : pool.value();
  }
}
