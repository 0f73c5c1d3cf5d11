package org.dcbalance.migration;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Thing;
import org.dcbalance.installation.WorkUnderLease;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Try moves again that failed for a reason that may have passed. The plan is on the row of the
 * attempt that failed; when its time comes, whoever holds the lease queues the next attempt as a
 * migration of its own, which is checked like any other before it starts.
 */
@Component
public class Retries {
  private static final Logger log = LoggerFactory.getLogger(Retries.class);

  /** What could not be tried for so long after its time is no longer what somebody wanted. */
  private static final Duration LATE = Duration.ofMinutes(15);

  private final Migrations migrations;
  private final MigrationLog lines;
  private final MigrationQueue queue;
  private final StillWanted checks;
  private final VmClaims claims;
  private final MigrationWork work;
  private final Leadership leadership;
  private final WorkUnderLease lease;
  private final ApplicationEventPublisher events;
  private final TransactionTemplate transaction;
  private final JdbcClient jdbc;
  private final Clock clock;

  Retries(
      Migrations migrations,
      MigrationLog lines,
      MigrationQueue queue,
      StillWanted checks,
      VmClaims claims,
      MigrationWork work,
      Leadership leadership,
      WorkUnderLease lease,
      ApplicationEventPublisher events,
      PlatformTransactionManager transactions,
      JdbcClient jdbc,
      Clock clock) {
    this.migrations = migrations;
    this.lines = lines;
    this.queue = queue;
    this.checks = checks;
    this.claims = claims;
    this.work = work;
    this.leadership = leadership;
    this.lease = lease;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.jdbc = jdbc;
    this.clock = clock;
  }

  @Scheduled(fixedDelay = 2000)
  void look() {
    lease.look("Moves that failed are not tried again now", this::tryAll);
  }

  private void tryAll(long epoch) {
    for (var id : due()) {
      try {
        transaction.executeWithoutResult(status -> goOn(id, epoch));
      } catch (Problem e) {
        // another move of its VM came first; the next look finds it
        log.info("Migration {} is not tried again now: {}", id, e.sentence());
      }
    }
  }

  private List<Long> due() {
    return jdbc.sql("select id from migration where retry_at <= :now order by retry_at, id")
        .param("now", Timestamp.from(clock.instant()))
        .query((row, n) -> row.getLong(1))
        .list();
  }

  private void goOn(long id, long epoch) {
    leadership.confirm(epoch);
    var now = clock.instant();
    var failed = migrations.lock(id).orElseThrow();
    if (!failed.retry().due(now)) {
      return;
    }
    var why = checks.whyNot(failed, now);
    var busy = claims.otherThan(work, failed.vm()).orElse(null);
    if (why == null && busy != null) {
      if (!late(failed, now)) {
        return;
      }
      why = busy;
    }
    if (why == null && late(failed, now)) {
      why = "its time is long past.";
    }
    if (why != null) {
      end(failed, "It is not tried again: " + why);
      return;
    }
    failed.retry().begun();
    long next = queue.again(failed);
    lines.add(id, failed.phase(), "Tried again as migration " + next + ".");
    events.publishEvent(new MigrationChanged(id));
  }

  private static boolean late(Migration failed, Instant now) {
    var at = failed.retry().retryAt();
    return at != null && at.plus(LATE).isBefore(now);
  }

  /**
   * See to it that a move that failed is not tried again. Asking again changes nothing.
   *
   * @throws Problem NOT_FOUND; CONFLICT if it was not to be tried again, or is being tried
   */
  public void cancel(long id, Operator by) {
    transaction.executeWithoutResult(
        status -> {
          var failed =
              migrations
                  .lock(id)
                  .orElseThrow(
                      () ->
                          new Problem(
                              ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null));
          if (failed.retry().planned()) {
            events.publishEvent(new Deed(by, Act.RETRY_CANCELLED, Thing.migration(id)));
            end(failed, "It is not tried again, says " + by.name() + ".");
          } else if (failed.retry().retryEnded() == null) {
            throw new Problem(
                ErrorCode.CONFLICT,
                "Migration " + id + " is not waiting to be tried again.",
                "Maybe abort the attempt that goes on now.");
          }
        });
  }

  /** Drop the plan; what asked for the move is settled then. */
  private void end(Migration failed, String why) {
    failed.retry().end(why);
    lines.add(failed.id(), failed.phase(), why);
    events.publishEvent(
        new RetryGivenUp(failed.recommendationId(), failed.pool(), failed.vm(), failed.told()));
    events.publishEvent(new MigrationChanged(failed.id()));
  }
}
