package org.dcbalance.checkpoint;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.checkpoint.CheckpointSchedules.Schedule;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Have checkpoints taken when they are due, and those deleted that are too many or too old, while
 * this console holds the lease. A time that passed while no console ran is seen to once, however
 * often it came. What was taken by hand is never deleted, nor is the newest one of a schedule.
 */
@Component
class ScheduleRunner {
  private static final Logger log = LoggerFactory.getLogger(ScheduleRunner.class);

  private final CheckpointSchedules schedules;
  private final Checkpoints checkpoints;
  private final VirtualClusters clusters;
  private final Ledgers ledgers;
  private final JdbcClient jdbc;
  private final Clock clock;

  /** Why checkpoints of schedules stay, as it was said last. */
  private final Map<List<Long>, String> stays = new ConcurrentHashMap<>();

  ScheduleRunner(
      CheckpointSchedules schedules,
      Checkpoints checkpoints,
      VirtualClusters clusters,
      Ledgers ledgers,
      JdbcClient jdbc,
      Clock clock) {
    this.schedules = schedules;
    this.checkpoints = checkpoints;
    this.clusters = clusters;
    this.ledgers = ledgers;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  @Scheduled(fixedDelay = 5000)
  void look() {
    ledgers.look(
        "Scheduled checkpoints",
        ledger -> {
          for (var schedule : schedules.all()) {
            try {
              see(schedule, ledger);
            } catch (DataAccessException | TransactionException | LeadershipLost e) {
              throw e;
            } catch (RuntimeException e) {
              // whatever is wrong with one must not keep the others from their turn
              log.error("The schedule of {} could not be seen to", schedule.of(), e);
            }
          }
        });
  }

  private void see(Schedule schedule, Ledger ledger) {
    var next = schedule.next();
    if (next != null && !next.isAfter(clock.instant())) {
      take(schedule, ledger);
    }
    tidy(schedule, ledger);
  }

  private void take(Schedule schedule, Ledger ledger) {
    String trouble = "";
    try {
      ledger.confirmed(() -> takeNow(schedule));
    } catch (Problem e) {
      trouble = e.sentence();
    }
    var said = trouble;
    ledger.confirmed(
        () ->
            jdbc.sql(
                    "update checkpoint_schedule set seen_to_at = :at, trouble = :trouble where id ="
                        + " :id")
                .param("at", OffsetDateTime.ofInstant(clock.instant(), ZoneOffset.UTC))
                .param("trouble", said)
                .param("id", schedule.id())
                .update());
  }

  private void takeNow(Schedule schedule) {
    var why = "By its schedule, " + schedule.cron() + ".";
    var cluster = schedule.clusterId();
    long taken =
        cluster == null
            ? checkpoints.take(
                Objects.requireNonNull(schedule.vmId()), true, why, Operator.DCBALANCE)
            : clusters.take(
                cluster, Objects.requireNonNull(schedule.manner()), why, Operator.DCBALANCE);
    jdbc.sql(
            "update %s set schedule_id = :schedule where id = :id"
                .formatted(cluster == null ? "checkpoint" : "cluster_checkpoint"))
        .param("schedule", schedule.id())
        .param("id", taken)
        .update();
  }

  private record Kept(long id, Instant at, Memory room) {}

  /** What a checkpoint takes, and what those of a cluster's members take together. */
  private static final String ROOM =
      """
      (select coalesce(sum(coalesce(p.memory_bytes, 0)
          + coalesce((select sum(d.bytes) from checkpoint_disk d where d.checkpoint_id = p.id), 0)
          + coalesce((select f.stored_bytes from checkpoint_fast f where f.checkpoint_id = p.id), 0)), 0)
        from checkpoint p where p.%s = c.id)
      """;

  private void tidy(Schedule schedule, Ledger ledger) {
    boolean alone = schedule.clusterId() == null;
    var kept =
        jdbc.sql(
                """
                select c.id, c.finished_at, %s as room from %s c
                where c.schedule_id = :schedule and c.state = 'COMPLETE' order by c.id desc
                """
                    .formatted(
                        ROOM.formatted(alone ? "id" : "cluster_checkpoint_id"),
                        alone ? "checkpoint" : "cluster_checkpoint"))
            .param("schedule", schedule.id())
            .query(
                (row, n) ->
                    new Kept(
                        row.getLong("id"),
                        row.getObject("finished_at", OffsetDateTime.class).toInstant(),
                        new Memory(row.getLong("room"))))
            .list();
    for (var old : tooMany(kept, schedule)) {
      try {
        ledger.confirmed(
            () -> {
              if (alone) {
                checkpoints.delete(old.id(), Operator.DCBALANCE);
              } else {
                clusters.delete(old.id(), Operator.DCBALANCE);
              }
            });
      } catch (Problem e) {
        // somebody restores from it, or works on its VM: later
        if (!e.sentence().equals(stays.put(List.of(schedule.id(), old.id()), e.sentence()))) {
          log.info("The checkpoint {} of {} stays: {}", old.id(), schedule.of(), e.sentence());
        }
      }
    }
  }

  /** The newest one stays, however old and large it is. */
  private List<Kept> tooMany(List<Kept> newestFirst, Schedule schedule) {
    var days = schedule.keepDays();
    var since = days == null ? Instant.MIN : clock.instant().minus(Duration.ofDays(days));
    var gib = schedule.keepGib();
    var most = gib == null ? null : Memory.ofGiB(gib);
    var old = new ArrayList<Kept>();
    var taken = Memory.ZERO;
    for (int n = 0; n < newestFirst.size(); n++) {
      var kept = newestFirst.get(n);
      var withIt = taken.plus(kept.room());
      boolean fits = most == null || withIt.compareTo(most) <= 0;
      if (n > 0 && (n >= schedule.keepCount() || kept.at().isBefore(since) || !fits)) {
        old.add(kept);
      } else {
        taken = withIt;
      }
    }
    return old;
  }
}
