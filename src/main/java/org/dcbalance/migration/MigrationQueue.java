package org.dcbalance.migration;

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
      @Nullable String askedMethod) {}

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
            null));
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
                  expected_bytes, imbalance_before, imbalance_promised, asked_method, method)
                values (:pool, :recommendationId, :vm, :source, :target, 'PENDING',
                  :why, :by, clock_timestamp(), :expectedMillis, :expectedDowntimeMillis,
                  :expectedBytes, :imbalanceBefore, :imbalancePromised, :askedMethod,
                  coalesce(:askedMethod, 'PRE_COPY'))
                on conflict do nothing returning id
                """)
            .paramSource(wish)
            .query(Long.class)
            .optional();
    if (added.isPresent()) {
      log.add(added.get(), Phase.QUEUED, "Queued by " + wish.by() + ": " + wish.why());
      if (wish.recommendationId() == null) {
        events.publishEvent(
            new Deed(
                new Operator(wish.by()),
                Act.MOVE_ASKED,
                Thing.migration(added.get()),
                Facts.NONE,
                wish.askedMethod() == null ? Facts.NONE : Facts.of("method", wish.askedMethod())));
      }
      events.publishEvent(new MigrationQueued(added.get()));
      return added.get();
    }
    return jdbc.sql("select id from migration where recommendation_id = :recommendation")
        .param("recommendation", wish.recommendationId())
        .query(Long.class)
        .optional()
        .orElseThrow(() -> conflict(wish, "queued or running"));
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
