package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Move the VM of a recommendation to another host than is proposed. */
@Component
public class OtherTargets {
  private final Recommendations recommendations;
  private final RequestedMoves moves;
  private final Names names;
  private final Pools pools;
  private final ApplicationEventPublisher publisher;
  private final TransactionTemplate transaction;
  private final Clock clock;

  OtherTargets(
      Recommendations recommendations,
      RequestedMoves moves,
      Names names,
      Pools pools,
      ApplicationEventPublisher publisher,
      TransactionTemplate transaction,
      Clock clock) {
    this.recommendations = recommendations;
    this.moves = moves;
    this.names = names;
    this.pools = pools;
    this.publisher = publisher;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Reject what is proposed and queue the move to the other host, in one transaction; the proposal
   * remembers its migration. The move is checked as one by hand; if that refuses it, the proposal
   * stands as it did.
   *
   * @return the id of the migration
   * @throws Problem with the reason
   */
  public long choose(long id, HostId target, Operator by) {
    var asked = recommendations.findById(id).orElseThrow(() -> Approvals.unknown(id));
    var known = names.of(List.of(asked));
    var vm = known.vm(asked.vmId());
    requireFree(asked, target, known);
    var move = prepared(asked, target, known, by);
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              // the hosts were asked before: rounds are not to wait for them
              var locked = recommendations.lockById(id).orElseThrow(() -> Approvals.unknown(id));
              requireFree(locked, target, known);
              var note = "Another target was chosen: " + known.host(target) + ".";
              locked.reject(by, clock.instant(), note, vm);
              long migration = move.getAsLong();
              locked.movedElsewhere(migration);
              recommendations.save(locked);
              publisher.publishEvent(
                  new Deed(
                      by,
                      Act.REJECTED,
                      Thing.recommendation(id),
                      Facts.NONE,
                      Facts.of("because", note)));
              publisher.publishEvent(new RecommendationsChanged(locked.poolId()));
              return migration;
            }));
  }

  private LongSupplier prepared(
      Recommendation asked, HostId target, Names.Known known, Operator by) {
    try {
      return moves.prepare(
          asked.vmId(),
          target,
          "Recommended move of %s, to another target.".formatted(known.vm(asked.vmId())),
          by);
    } catch (Problem refused) {
      // what stands in the way may be another decision about the same proposal
      recommendations.findById(asked.id()).ifPresent(now -> requireFree(now, target, known));
      throw refused;
    }
  }

  private void requireFree(Recommendation recommendation, HostId target, Names.Known known) {
    var vm = known.vm(recommendation.vmId());
    recommendation.mustBeOpen("given another target", clock.instant(), vm);
    if (!recommendation.together().isEmpty()) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "A rule keeps %s with others, and all of them move to one host.".formatted(vm),
          "Maybe reject it and wait for the next round.");
    }
    if (recommendation.targetId().equals(target)) {
      throw new Problem(
          ErrorCode.CONFLICT,
          known.host(target) + " is the proposed target itself.",
          "Maybe approve the move.");
    }
    Approvals.mayMove(pools.findById(recommendation.poolId().value()).orElseThrow());
  }
}
