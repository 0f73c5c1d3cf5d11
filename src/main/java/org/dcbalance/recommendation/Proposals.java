package org.dcbalance.recommendation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.units.VmId;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/**
 * Turn what rounds decide into recommendations that stand still while somebody reads them.
 *
 * <p>Load is noisy: a pool that has just been out of bounds is within them for a round, and then
 * the hold begins anew. So a proposal outlives as many rounds that do not confirm it as that takes,
 * and nothing is put beside it meanwhile. What has become impossible goes at once.
 */
@Component
class Proposals {
  private final Recommendations recommendations;
  private final Rounds rounds;
  private final BalancingSettings settings;
  private final ApplicationEventPublisher publisher;

  Proposals(
      Recommendations recommendations,
      Rounds rounds,
      BalancingSettings settings,
      ApplicationEventPublisher publisher) {
    this.recommendations = recommendations;
    this.rounds = rounds;
    this.settings = settings;
    this.publisher = publisher;
  }

  /**
   * Keep what is proposed again or may be, supersede what is not, and add what is new.
   *
   * @return whether anything is new
   */
  boolean take(Pool snapshot, HostPool pool, Limits limits, Round round, Decision decision) {
    var now = snapshot.at();
    var moves = moves(decision);
    var standing = new ArrayList<Recommendation>();
    boolean changed = false;
    boolean borne = false;
    for (var old : recommendations.lockProposed(pool.id().value())) {
      boolean confirmed = moves.stream().anyMatch(old::proposes);
      if (!confirmed && !now.isBefore(old.expiresAt())) {
        old.expire(now);
        publisher.publishEvent(new RecommendationExpired(old));
        changed = true;
      } else if (confirmed || bears(old, snapshot, limits, decision)) {
        standing.add(old);
        borne |= !confirmed;
      } else {
        old.supersede(round.number(), round.sentence(), now);
        changed = true;
      }
    }
    recommendations.flush();
    var approved = approvedMeanwhile(pool);
    var fresh = new ArrayList<Recommendation>();
    double before = round.imbalance() == null ? 0 : round.imbalance();
    for (var move : moves) {
      if (approved.contains(move.vm().id())) {
        continue;
      }
      var kept = standing.stream().filter(r -> r.proposes(move)).findFirst();
      if (kept.isEmpty() && borne) {
        // what stands may be taken back in a moment, or confirmed: both together were not meant
        continue;
      }
      var recommendation =
          kept.orElseGet(() -> new Recommendation(pool.id(), move, now, settings.expiry()));
      double after = before - move.gain();
      recommendation.confirm(
          round.id(),
          move,
          ReasonText.of(move.reason()),
          ReasonText.of(move.targetReason()),
          before,
          after,
          now.plus(settings.expiry()));
      recommendations.save(recommendation);
      if (kept.isEmpty()) {
        fresh.add(recommendation);
      }
      before = after;
    }
    if (!fresh.isEmpty()) {
      publisher.publishEvent(new MovesProposed(pool.id(), fresh));
    }
    if (changed || !fresh.isEmpty()) {
      publisher.publishEvent(new RecommendationsChanged(pool.id()));
    }
    return !fresh.isEmpty();
  }

  /** VMs whose moves were approved after the round had looked at the pool: they are under way. */
  private Set<VmId> approvedMeanwhile(HostPool pool) {
    return recommendations
        .findByPoolIdAndStateInOrderByIdDesc(
            pool.id().value(), List.of(Recommendation.State.APPROVED), Limit.unlimited())
        .stream()
        .map(Recommendation::vmId)
        .collect(Collectors.toSet());
  }

  private static List<ProposedMove> moves(Decision decision) {
    return switch (decision) {
      case Decision.Proposal proposal -> proposal.moves();
      case Decision.Balanced _ -> List.of();
      case Decision.Holding _ -> List.of();
      case Decision.NotEnoughData _ -> List.of();
    };
  }

  private boolean bears(Recommendation old, Pool snapshot, Limits limits, Decision decision) {
    if (!StandingProposals.possible(snapshot, old.vmId(), old.sourceId(), old.targetId())) {
      return false;
    }
    // a missed sample is no reason to take back what was well founded
    return decision instanceof Decision.NotEnoughData
        || rounds.decidedSince(old.poolId(), old.roundId()) <= limits.holdRounds();
  }
}
