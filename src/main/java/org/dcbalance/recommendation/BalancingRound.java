package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.PassedOver;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.strategy.Strategy;
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
  private static final int MOST_PASSED_OVER = 200;

  private final PoolSnapshots snapshots;
  private final Strategy strategy;
  private final BalancingSettings settings;
  private final Rounds rounds;
  private final Recommendations recommendations;
  private final Leadership leadership;
  private final TransactionTemplate transaction;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  BalancingRound(
      PoolSnapshots snapshots,
      Strategy strategy,
      BalancingSettings settings,
      Rounds rounds,
      Recommendations recommendations,
      Leadership leadership,
      TransactionTemplate transaction,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.snapshots = snapshots;
    this.strategy = strategy;
    this.settings = settings;
    this.rounds = rounds;
    this.recommendations = recommendations;
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
    var pace = settings.pace(pool.simulated());
    int outOfBounds = rounds.newest(pool.id()).map(Round::outOfBounds).orElse(0);
    var at = clock.instant();
    var started = System.nanoTime();
    var snapshot = snapshots.take(pool, pace, outOfBounds, at);
    var decision =
        StandingProposals.prefer(
            strategy,
            snapshot,
            pace.limits(),
            strategy.decide(snapshot, pace.limits()),
            standing(pool));
    var took = Duration.ofNanos(System.nanoTime() - started);
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              leadership.confirm(epoch);
              var round = rounds.add(describe(pool, pace, at, took, outOfBounds, decision, by));
              propose(pool, pace, round, decision, at);
              measure(pool, pace, round, at);
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

  private Round describe(
      HostPool pool,
      BalancingSettings.Pace pace,
      Instant at,
      Duration took,
      int outOfBounds,
      Decision decision,
      Operator by) {
    double threshold = pace.limits().imbalanceThreshold();
    return switch (decision) {
      case Decision.Balanced(var imbalance, var passedOver) ->
          round(
              pool,
              pace,
              at,
              took,
              "BALANCED",
              imbalance,
              null,
              by,
              passedOver,
              imbalance.outOfBounds(pace.limits()) ? outOfBounds + 1 : 0,
              imbalance.outOfBounds(pace.limits())
                  ? state(imbalance, threshold) + ", but no move would gain enough."
                  : "Balanced (%.2f, threshold %.2f). Nothing to do."
                      .formatted(imbalance.value(), threshold));
      case Decision.Holding(var imbalance, var seen, var needed) ->
          round(
              pool,
              pace,
              at,
              took,
              "HOLDING",
              imbalance,
              null,
              by,
              List.of(),
              seen,
              "%s for %d of %d rounds; watching before acting."
                  .formatted(state(imbalance, threshold), seen, needed));
      case Decision.NotEnoughData(var thin) ->
          round(
              pool,
              pace,
              at,
              took,
              "NOT_ENOUGH_DATA",
              null,
              null,
              by,
              List.of(),
              outOfBounds,
              collecting(thin, pace));
      case Decision.Proposal(var moves, var before, var after, var passedOver) ->
          round(
              pool,
              pace,
              at,
              took,
              "PROPOSAL",
              before,
              after,
              by,
              passedOver,
              outOfBounds + 1,
              "%s: %d %s would bring it to %.2f."
                  .formatted(
                      state(before, threshold),
                      moves.size(),
                      moves.size() == 1 ? "move" : "moves",
                      after.value()));
    };
  }

  private Round round(
      HostPool pool,
      BalancingSettings.Pace pace,
      Instant at,
      Duration took,
      String outcome,
      @Nullable Imbalance imbalance,
      @Nullable Imbalance after,
      Operator by,
      List<PassedOver> passedOver,
      int outOfBounds,
      String sentence) {
    return new Round(
        0,
        pool.id().value(),
        0,
        at,
        took,
        strategy.name(),
        outcome,
        imbalance == null ? null : imbalance.value(),
        after == null ? null : after.value(),
        pace.limits().imbalanceThreshold(),
        pace.window(),
        sentence,
        imbalance == null
            ? List.of()
            : imbalance.terms().stream()
                .map(t -> new Round.ScoreTerm(t.name(), t.value(), t.weight()))
                .toList(),
        passedOver.stream()
            .limit(MOST_PASSED_OVER)
            .map(p -> new Round.Considered(p.vm().value(), p.vmName(), ReasonText.of(p.reason())))
            .toList(),
        outOfBounds,
        by.name());
  }

  private static String state(Imbalance imbalance, double threshold) {
    return imbalance.value() > threshold
        ? "Out of balance (%.2f, threshold %.2f)".formatted(imbalance.value(), threshold)
        : "A host is overloaded (imbalance %.2f, threshold %.2f)"
            .formatted(imbalance.value(), threshold);
  }

  private static String collecting(List<Decision.ThinHost> thin, BalancingSettings.Pace pace) {
    var thinnest =
        thin.stream().min(Comparator.comparingDouble(Decision.ThinHost::coverage)).orElseThrow();
    return "Collecting: %s has %.0f %% of the last %s recorded, %.0f %% are needed%s."
        .formatted(
            thinnest.host().name(),
            thinnest.coverage() * 100,
            words(pace.window()),
            pace.limits().minimumCoverage() * 100,
            thin.size() > 1 ? " (and " + (thin.size() - 1) + " more like it)" : "");
  }

  private static String words(Duration window) {
    return window.toSeconds() % 60 == 0 ? window.toMinutes() + " min" : window.toSeconds() + " s";
  }

  /** Keep what is proposed again, supersede what is not, and add what is new. */
  private void propose(
      HostPool pool, BalancingSettings.Pace pace, Round round, Decision decision, Instant now) {
    var moves =
        switch (decision) {
          case Decision.Proposal proposal -> proposal.moves();
          case Decision.Balanced balanced -> List.<ProposedMove>of();
          case Decision.Holding holding -> List.<ProposedMove>of();
          case Decision.NotEnoughData thin -> List.<ProposedMove>of();
        };
    var open = recommendations.lockProposed(pool.id().value());
    boolean changed = false;
    for (var old : open) {
      if (moves.stream().noneMatch(old::proposes)) {
        if (!now.isBefore(old.expiresAt())) {
          old.expire(now);
          changed = true;
        } else if (!(decision instanceof Decision.NotEnoughData)) {
          // a missed sample is no reason to take back what was well founded
          old.supersede(round.number(), round.sentence(), now);
          changed = true;
        }
      }
    }
    recommendations.flush();
    double before = round.imbalance() == null ? 0 : round.imbalance();
    for (var move : moves) {
      var kept = open.stream().filter(r -> r.proposes(move)).findFirst();
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
      changed |= kept.isEmpty();
      before = after;
    }
    if (changed) {
      publisher.publishEvent(new RecommendationsChanged(pool.id()));
    }
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
