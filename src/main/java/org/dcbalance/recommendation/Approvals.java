package org.dcbalance.recommendation;

import java.time.Clock;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Approve and reject recommendations; both may be asked for any number of times. */
@Component
public class Approvals {
  private final Recommendations recommendations;
  private final Pools pools;
  private final Installation installation;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  Approvals(
      Recommendations recommendations,
      Pools pools,
      Installation installation,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.recommendations = recommendations;
    this.pools = pools;
    this.installation = installation;
    this.publisher = publisher;
    this.clock = clock;
  }

  /**
   * Approve a recommendation; the move is queued in the same transaction.
   *
   * @throws Problem with the reason if it cannot be approved (any more)
   */
  @Transactional
  public Recommendation approve(long id, Operator by) {
    var recommendation = lock(id);
    var pool = pools.findById(recommendation.poolId().value()).orElseThrow();
    if (!recommendation.approve(by, clock.instant())) {
      return recommendation;
    }
    installation.requireConfirmed();
    mayMove(pool);
    var stored = recommendations.save(recommendation);
    publisher.publishEvent(
        new RecommendationApproved(
            id,
            stored.poolId(),
            stored.vmId(),
            stored.sourceId(),
            stored.targetId(),
            stored.why(),
            by,
            stored.cost().millis(),
            stored.cost().downtimeMillis(),
            stored.cost().bytes(),
            stored.imbalanceBefore(),
            stored.imbalanceAfter()));
    publisher.publishEvent(new RecommendationsChanged(stored.poolId()));
    return stored;
  }

  /**
   * Reject a recommendation.
   *
   * @param because what the operator says about it, may be empty
   * @throws Problem with the reason if it cannot be rejected (any more)
   */
  @Transactional
  public Recommendation reject(long id, Operator by, String because) {
    var recommendation = lock(id);
    if (recommendation.reject(by, clock.instant(), because.strip())) {
      recommendations.save(recommendation);
      publisher.publishEvent(new RecommendationsChanged(recommendation.poolId()));
    }
    return recommendation;
  }

  private Recommendation lock(long id) {
    return recommendations
        .lockById(id)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no recommendation " + id + ".", null));
  }

  private static void mayMove(HostPool pool) {
    if (pool.paused()) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Balancing of " + pool.name() + " is paused.",
          "Maybe resume it on the pool's page first.");
    }
    if (pool.automation() == HostPool.Automation.OBSERVE) {
      throw new Problem(
          ErrorCode.CONFLICT,
          pool.name() + " is set to observe only, so nothing is moved.",
          "Maybe set its automation to manual first.");
    }
  }
}
