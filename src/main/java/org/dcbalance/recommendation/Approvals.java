package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Approve and reject recommendations; both may be asked for any number of times. */
@Component
public class Approvals {
  private static final int LONGEST_REASON = 500;

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
   * Approve a recommendation; the move is queued in the same transaction, and so are those of VMs
   * that a rule does not part from its VM.
   *
   * @throws Problem with the reason if it cannot be approved (any more)
   */
  @Transactional
  public Recommendation approve(long id, Operator by) {
    @Nullable Recommendation asked = null;
    for (var recommendation : withThoseThatGoAlong(id)) {
      var stored = approve(recommendation, by);
      asked = stored.id() == id ? stored : asked;
    }
    return Objects.requireNonNull(asked);
  }

  private Recommendation approve(Recommendation recommendation, Operator by) {
    var pool = pools.findById(recommendation.poolId().value()).orElseThrow();
    if (!recommendation.approve(by, clock.instant())) {
      return recommendation;
    }
    installation.requireConfirmed();
    mayMove(pool);
    var stored = recommendations.save(recommendation);
    publisher.publishEvent(new Deed(by, Act.APPROVED, Thing.recommendation(stored.id())));
    publisher.publishEvent(
        new RecommendationApproved(
            stored.id(),
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
    if (because.strip().length() > LONGEST_REASON) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "A reason has at most " + LONGEST_REASON + " characters.", null);
    }
    @Nullable Recommendation asked = null;
    for (var recommendation : withThoseThatGoAlong(id)) {
      if (recommendation.reject(by, clock.instant(), because.strip())) {
        recommendations.save(recommendation);
        publisher.publishEvent(
            new Deed(
                by,
                Act.REJECTED,
                Thing.recommendation(recommendation.id()),
                Facts.NONE,
                Facts.of("because", because.strip())));
        publisher.publishEvent(new RecommendationsChanged(recommendation.poolId()));
      }
      asked = recommendation.id() == id ? recommendation : asked;
    }
    return Objects.requireNonNull(asked);
  }

  /**
   * Lock a recommendation, and with it those of the VMs that a rule does not part from its VM. They
   * are locked in the order of their ids, whichever of them was asked for.
   */
  private List<Recommendation> withThoseThatGoAlong(long id) {
    var ids = new TreeSet<>(recommendations.goingAlong(id));
    ids.add(id);
    var locked = ids.stream().map(this::lock).toList();
    for (var asked : locked) {
      if (asked.state() == Recommendation.State.PROPOSED
          && asked.id() == id
          && ids.size() <= asked.together().size()) {
        throw new Problem(
            ErrorCode.CONFLICT,
            "A rule keeps its VM with others, and moving those is not proposed any more.",
            "Maybe wait for the next round.");
      }
    }
    return locked;
  }

  private Recommendation lock(long id) {
    return recommendations.lockById(id).orElseThrow(() -> unknown(id));
  }

  private static Problem unknown(long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no recommendation " + id + ".", null);
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
