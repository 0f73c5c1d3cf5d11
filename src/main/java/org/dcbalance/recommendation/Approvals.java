package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.List;
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
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Approve and reject recommendations; both may be asked for any number of times. */
@Component
public class Approvals {
  private static final int LONGEST_REASON = 500;

  private final Recommendations recommendations;
  private final Names names;
  private final Pools pools;
  private final Installation installation;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  Approvals(
      Recommendations recommendations,
      Names names,
      Pools pools,
      Installation installation,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.recommendations = recommendations;
    this.names = names;
    this.pools = pools;
    this.installation = installation;
    this.publisher = publisher;
    this.clock = clock;
  }

  /**
   * Approve a recommendation; the move is queued in the same transaction, and so are those of VMs
   * that a rule does not part from its VM.
   *
   * @return all that are approved now, in the order of their plan
   * @throws Problem with the reason if it cannot be approved (any more)
   */
  @Transactional
  public List<Recommendation> approve(long id, Operator by) {
    var those = withThoseThatGoAlong(id);
    var known = names.of(those);
    return those.stream()
        .sorted(Recommendation.AS_PLANNED)
        .map(each -> approve(each, known.vm(each.vmId()), by))
        .toList();
  }

  private Recommendation approve(Recommendation recommendation, String vm, Operator by) {
    var pool = pools.findById(recommendation.poolId().value()).orElseThrow();
    if (!recommendation.approve(by, clock.instant(), vm)) {
      return recommendation;
    }
    installation.requireConfirmed();
    mayMove(pool);
    recommendation.without(recommendations.gainsNotApprovedBefore(recommendation.id()));
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
   * Reject a recommendation, and those of VMs that a rule does not part from its VM.
   *
   * @param because what the operator says about it, may be empty
   * @return all that are rejected now, by their ids
   * @throws Problem with the reason if it cannot be rejected (any more)
   */
  @Transactional
  public List<Recommendation> reject(long id, Operator by, String because) {
    if (because.strip().length() > LONGEST_REASON) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "A reason has at most " + LONGEST_REASON + " characters.", null);
    }
    var those = withThoseThatGoAlong(id);
    var known = names.of(those);
    for (var recommendation : those) {
      var vm = known.vm(recommendation.vmId());
      if (recommendation.reject(by, clock.instant(), because.strip(), vm)) {
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
    }
    return those;
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
            "A rule keeps %s with others, and moving those is not proposed any more."
                .formatted(names.of(List.of(asked)).vm(asked.vmId())),
            "Maybe wait for the next round.");
      }
    }
    return locked;
  }

  private Recommendation lock(long id) {
    return recommendations.lockById(id).orElseThrow(() -> unknown(id));
  }

  static Problem unknown(long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no recommendation " + id + ".", null);
  }

  /** Make sure that moves in a pool may be decided on. */
  static void mayMove(HostPool pool) {
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
