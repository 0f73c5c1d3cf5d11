package org.dcbalance.migration;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.recommendation.RecommendationApproved;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Queue moves: one PENDING row per approved recommendation, in the transaction that approves it. An
 * approval that comes twice finds its row and adds none.
 */
@Component
class MigrationQueue {
  private final JdbcClient jdbc;
  private final MigrationLog log;
  private final ApplicationEventPublisher events;
  private final VmClaims claims;
  private final MigrationWork work;

  MigrationQueue(
      JdbcClient jdbc,
      MigrationLog log,
      ApplicationEventPublisher events,
      VmClaims claims,
      MigrationWork work) {
    this.jdbc = jdbc;
    this.log = log;
    this.events = events;
    this.claims = claims;
    this.work = work;
  }

  /**
   * A move to queue; the recommendation is null for a move by hand, the method null where DCbalance
   * chooses.
   *
   * @param endBy when it must have ended; null for no such time
   * @param withStorage whether disks that lie on its host alone are copied with it
   * @param rulesBroken whether it is asked for against placement rules
   * @param attempt from 1
   * @param retryOf the attempt before it; null for the first
   * @param mostAttempts how many there may be; null for what is allowed for the VM
   */
  record Wish(
      @Nullable Long recommendationId,
      long pool,
      long vm,
      long source,
      long target,
      String why,
      String by,
      @Nullable Long expectedMillis,
      @Nullable Long expectedDowntimeMillis,
      @Nullable Long expectedBytes,
      @Nullable Double imbalanceBefore,
      @Nullable Double imbalancePromised,
      @Nullable String askedMethod,
      @Nullable OffsetDateTime endBy,
      boolean withStorage,
      boolean rulesBroken,
      int attempt,
      @Nullable Long retryOf,
      @Nullable Integer mostAttempts) {}

  /** Give a time as the database takes it. */
  static @Nullable OffsetDateTime utc(@Nullable Instant at) {
    return at == null ? null : at.atOffset(ZoneOffset.UTC);
  }

  @EventListener
  @Transactional(propagation = Propagation.MANDATORY)
  public void on(RecommendationApproved approved) {
    add(
        new Wish(
            approved.recommendationId(),
            approved.pool().value(),
            approved.vm().value(),
            approved.source().value(),
            approved.target().value(),
            approved.why(),
            approved.by().name(),
            approved.expectedMillis(),
            approved.expectedDowntimeMillis(),
            approved.expectedBytes(),
            approved.imbalanceBefore(),
            approved.imbalancePromised(),
            null,
            null,
            false,
            false,
            1,
            null,
            null));
  }

  /**
   * Queue the next attempt of a move that failed, as it was asked for.
   *
   * @return the id of its migration
   * @throws Problem CONFLICT as for {@link #add}
   */
  long again(Migration failed) {
    var asked = failed.askedMethod();
    var figures = failed.figures();
    return add(
        new Wish(
            failed.recommendationId(),
            failed.pool().value(),
            failed.vm().value(),
            failed.source().value(),
            failed.target().value(),
            failed.why(),
            failed.requestedBy(),
            figures.expectedMillis(),
            figures.expectedDowntimeMillis(),
            figures.expectedBytes(),
            figures.imbalanceBefore(),
            figures.imbalancePromised(),
            asked == null ? null : asked.name(),
            utc(failed.endBy()),
            failed.storage().wanted(),
            failed.retry().rulesBroken(),
            failed.retry().attempt() + 1,
            failed.id(),
            failed.retry().mostAttempts()));
  }

  /**
   * Queue a move.
   *
   * @return the id of its migration, which is the earlier one if the recommendation has one already
   * @throws Problem CONFLICT if another move of the VM is queued, runs, or is lost, or other work
   *     on it is open
   */
  @Transactional
  public long add(Wish wish) {
    claims.require(new VmId(wish.vm()), work);
    refuseWhileLost(wish);
    var added =
        jdbc.sql(
                """
                insert into migration (pool_id, recommendation_id, vm_id, source_id, target_id, state,
                  why, requested_by, created_at, expected_millis, expected_downtime_millis,
                  expected_bytes, imbalance_before, imbalance_promised, asked_method, method,
                  end_by, with_storage, rules_broken, attempt, retry_of, most_attempts)
                values (:pool, :recommendationId, :vm, :source, :target, 'PENDING',
                  :why, :by, clock_timestamp(), :expectedMillis, :expectedDowntimeMillis,
                  :expectedBytes, :imbalanceBefore, :imbalancePromised, :askedMethod,
                  coalesce(:askedMethod, 'PRE_COPY'), :endBy, :withStorage, :rulesBroken, :attempt, :retryOf, :mostAttempts)
                on conflict do nothing returning id
                """)
            .paramSource(wish)
            .query(Long.class)
            .optional();
    if (added.isPresent()) {
      log.add(added.get(), Phase.QUEUED, queued(wish));
      note(wish, added.get());
      events.publishEvent(new MigrationQueued(added.get()));
      return added.get();
    }
    return jdbc.sql(
            """
            select id from migration
            where recommendation_id = :recommendation and attempt = :attempt
            """)
        .param("recommendation", wish.recommendationId())
        .param("attempt", wish.attempt())
        .query(Long.class)
        .optional()
        .orElseThrow(() -> conflict(wish, "queued or running"));
  }

  private static String queued(Wish wish) {
    return wish.retryOf() == null
        ? "Queued by " + wish.by() + ": " + wish.why()
        : "Queued as attempt %d of %d, after migration %d, as %s asked for: %s"
            .formatted(wish.attempt(), wish.mostAttempts(), wish.retryOf(), wish.by(), wish.why());
  }

  private static Facts asked(Wish wish) {
    var facts = wish.askedMethod() == null ? Facts.NONE : Facts.of("method", wish.askedMethod());
    facts = wish.endBy() == null ? facts : facts.and("to have ended by", wish.endBy());
    return wish.withStorage() ? facts.and("with its disks", "yes") : facts;
  }

  private void note(Wish wish, long migration) {
    if (wish.retryOf() != null) {
      events.publishEvent(
          new Deed(
              Operator.DCBALANCE,
              Act.MOVE_RETRIED,
              Thing.migration(migration),
              Facts.NONE,
              Facts.of("after", wish.retryOf())));
    } else if (wish.recommendationId() == null) {
      events.publishEvent(
          new Deed(
              new Operator(wish.by()),
              Act.MOVE_ASKED,
              Thing.migration(migration),
              Facts.NONE,
              asked(wish)));
    }
  }

  /** A lost move is not in the partial unique index, but its VM may run anywhere. */
  private void refuseWhileLost(Wish wish) {
    boolean lost =
        jdbc.sql("select exists (select from migration where vm_id = :vm and state = 'LOST')")
            .param("vm", wish.vm())
            .query(Boolean.class)
            .single();
    if (lost) {
      throw conflict(wish, "lost");
    }
  }

  private Problem conflict(Wish wish, String state) {
    var name =
        jdbc.sql("select name from vm where id = :vm")
            .param("vm", wish.vm())
            .query(String.class)
            .optional()
            .orElse("VM " + new VmId(wish.vm()));
    return new Problem(
        ErrorCode.CONFLICT,
        "Another migration of " + name + " is " + state + ".",
        state.equals("lost")
            ? "Maybe look at the lost migration first: it says what to do."
            : "Maybe wait until it has ended, or abort it.");
  }
}
