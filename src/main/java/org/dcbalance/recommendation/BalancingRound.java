package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.dcbalance.history.PlacementRecords;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.Pool;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Take a snapshot of a pool, decide, and record what was decided. */
@Component
class BalancingRound {
  private final PoolSnapshots snapshots;
  private final Strategies strategies;
  private final PlacementRecords placements;
  private final BalancingSettings settings;
  private final Rounds rounds;
  private final RoundInputs inputs;
  private final Recommendations recommendations;
  private final Proposals proposals;
  private final Leadership leadership;
  private final TransactionTemplate transaction;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  BalancingRound(
      PoolSnapshots snapshots,
      Strategies strategies,
      PlacementRecords placements,
      BalancingSettings settings,
      Rounds rounds,
      RoundInputs inputs,
      Recommendations recommendations,
      Proposals proposals,
      Leadership leadership,
      TransactionTemplate transaction,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.snapshots = snapshots;
    this.strategies = strategies;
    this.placements = placements;
    this.settings = settings;
    this.rounds = rounds;
    this.inputs = inputs;
    this.recommendations = recommendations;
    this.proposals = proposals;
    this.leadership = leadership;
    this.transaction = transaction;
    this.publisher = publisher;
    this.clock = clock;
  }

  /**
   * Run one round.
   *
   * @param epoch the lease under which it runs; if it was lost meanwhile, nothing is recorded
   */
  Round run(HostPool pool, long epoch, Operator by) {
    var pace = settings.pace(pool);
    var strategy = strategies.of(pool);
    // what nobody looked at did not last: a pause, or a time without a console
    var since = clock.instant().minus(pace.every().multipliedBy(3)).minus(pace.window());
    int outOfBounds = rounds.outOfBounds(pool.id(), since);
    var started = System.nanoTime();
    var snapshot = snapshots.take(pool, pace, outOfBounds, clock.instant());
    var input =
        new RoundInput(snapshot, pool.strategy(), pace.window(), pace.limits(), standing(pool));
    var deciding = System.nanoTime();
    var decision = input.decide(strategy);
    var standing = standing(pool);
    if (!standing.equals(input.standing())) {
      // somebody took a proposal back meanwhile, which must not be proposed anew
      input = input.with(standing);
      decision = input.decide(strategy);
    }
    var decided = System.nanoTime();
    var description =
        RoundDescription.of(
            input,
            decision,
            new RoundDescription.About(
                pool.id(),
                strategy.name(),
                Duration.ofNanos(decided - started),
                Duration.ofNanos(decided - deciding),
                by));
    var kept = inputs.pack(input);
    return record(pool, pace, epoch, snapshot, decision, description, kept);
  }

  private Round record(
      HostPool pool,
      BalancingSettings.Pace pace,
      long epoch,
      Pool snapshot,
      Decision decision,
      Round description,
      RoundInputs.@Nullable Packed kept) {
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              leadership.confirm(epoch);
              var round = rounds.add(description);
              inputs.add(round, kept);
              if (proposals.take(snapshot, pool, pace.limits(), round, decision)
                  && decision instanceof Decision.Proposal proposal) {
                placements.add(pool.id(), round.id(), PastDecision.of(snapshot.at(), proposal));
              }
              placements.lookBack(pool.id(), snapshot, pace.limits());
              measure(pool, pace, round, snapshot.at());
              publisher.publishEvent(new RoundFinished(pool.id(), round.id()));
              return round;
            }));
  }

  private Map<VmId, HostId> standing(HostPool pool) {
    return recommendations
        .findByPoolIdAndStateInOrderByIdDesc(
            pool.id().value(), List.of(Recommendation.State.PROPOSED), Limit.unlimited())
        .stream()
        .collect(Collectors.toMap(Recommendation::vmId, Recommendation::targetId));
  }

  /** Write back what became of settled moves, once a whole window lies behind them. */
  private void measure(HostPool pool, BalancingSettings.Pace pace, Round round, Instant now) {
    if (round.imbalance() == null) {
      return;
    }
    for (var settled : recommendations.findUnmeasured(pool.id().value())) {
      var at = Objects.requireNonNull(settled.settledAt());
      if (at.plus(pace.window()).isBefore(now)) {
        settled.measure(round.imbalance(), round.number());
        recommendations.save(settled);
        publisher.publishEvent(new MoveMeasured(pool.id(), settled.id()));
      }
    }
  }
}
