package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.dcbalance.history.PlacementRecords;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.PassedOver;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.strategy.SpareRoom;
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
  private final Strategies strategies;
  private final PlacementRecords placements;
  private final BalancingSettings settings;
  private final Rounds rounds;
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
    int outOfBounds = rounds.newest(pool.id()).map(Round::outOfBounds).orElse(0);
    var at = clock.instant();
    var started = System.nanoTime();
    var snapshot = snapshots.take(pool, pace, outOfBounds, at);
    var deciding = System.nanoTime();
    var decision =
        StandingProposals.prefer(
            strategy,
            snapshot,
            pace.limits(),
            strategy.decide(snapshot, pace.limits()),
            standing(pool));
    var took = Duration.ofNanos(System.nanoTime() - started);
    var decidedIn = Duration.ofNanos(System.nanoTime() - deciding);
    var loss = pace.limits().room().hostLoss() ? SpareRoom.worst(snapshot, pace.limits()) : null;
    var about =
        new About(
            pool,
            pace,
            strategy.name(),
            at,
            took,
            decidedIn,
            outOfBounds,
            snapshot.hosts().stream().anyMatch(host -> host.closed() == null),
            by,
            loss == null ? "" : " " + loss.sentence());
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              leadership.confirm(epoch);
              var round = rounds.add(describe(about, decision));
              if (proposals.take(snapshot, pool, pace.limits(), round, decision)
                  && decision instanceof Decision.Proposal proposal) {
                placements.add(pool.id(), round.id(), PastDecision.of(snapshot.at(), proposal));
              }
              placements.lookBack(pool.id(), snapshot, pace.limits());
              measure(pool, pace, round, at);
              publisher.publishEvent(new RoundFinished(pool.id(), round.id()));
              return round;
            }));
  }

  /** What every round tells, whatever it came to. */
  private record About(
      HostPool pool,
      BalancingSettings.Pace pace,
      String strategy,
      Instant at,
      Duration took,
      Duration decidedIn,
      int outOfBounds,
      boolean anyOpen,
      Operator by,
      String spareRoom) {}

  private Map<VmId, HostId> standing(HostPool pool) {
    return recommendations
        .findByPoolIdAndStateInOrderByIdDesc(
            pool.id().value(), List.of(Recommendation.State.PROPOSED), Limit.unlimited())
        .stream()
        .collect(Collectors.toMap(Recommendation::vmId, Recommendation::targetId));
  }

  private static Round describe(About about, Decision decision) {
    var limits = about.pace().limits();
    double threshold = limits.imbalanceThreshold();
    return switch (decision) {
      case Decision.Balanced _ when !about.anyOpen() ->
          undecided(
              about,
              0,
              "Nothing is decided: no host of it both answers and is out of maintenance.");
      case Decision.Balanced(var imbalance, var passedOver) -> {
        boolean out = imbalance.outOfBounds(limits);
        yield round(
            about,
            "BALANCED",
            imbalance,
            null,
            passedOver,
            out ? about.outOfBounds() + 1 : 0,
            !out
                ? "Balanced (%.2f, threshold %.2f). Nothing to do."
                    .formatted(imbalance.value(), threshold)
                : about.pool().strategy() == HostPool.Balancing.NONE
                    ? state(imbalance, limits) + "; no strategy decides for this pool."
                    : state(imbalance, limits) + ", but no move would gain enough.",
            null);
      }
      case Decision.Holding(var imbalance, var seen, var needed) ->
          round(
              about,
              "HOLDING",
              imbalance,
              null,
              List.of(),
              seen,
              "%s for %d of %d rounds; watching before acting."
                  .formatted(state(imbalance, limits), seen, needed),
              null);
      case Decision.NotEnoughData(var thin) ->
          undecided(about, about.outOfBounds(), collecting(thin, about.pace()));
      case Decision.Proposal(var moves, var before, var after, var passedOver, var origin, _) ->
          round(
              about,
              "PROPOSAL",
              before,
              after,
              passedOver,
              about.outOfBounds() + 1,
              "%s: %d %s would bring it to %.2f."
                  .formatted(
                      state(before, limits),
                      moves.size(),
                      moves.size() == 1 ? "move" : "moves",
                      after.value()),
              origin.sentence());
    };
  }

  private static Round undecided(About about, int outOfBounds, String sentence) {
    return round(about, "NOT_ENOUGH_DATA", null, null, List.of(), outOfBounds, sentence, null);
  }

  private static Round round(
      About about,
      String outcome,
      @Nullable Imbalance imbalance,
      @Nullable Imbalance after,
      List<PassedOver> passedOver,
      int outOfBounds,
      String sentence,
      @Nullable String cameFrom) {
    return new Round(
        0,
        about.pool().id().value(),
        0,
        about.at(),
        about.took(),
        about.strategy(),
        outcome,
        imbalance == null ? null : imbalance.value(),
        after == null ? null : after.value(),
        about.pace().limits().imbalanceThreshold(),
        about.pace().window(),
        sentence + about.spareRoom(),
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
        about.by().name(),
        cameFrom,
        about.decidedIn());
  }

  private static String state(Imbalance imbalance, Limits limits) {
    var wishes =
        imbalance.terms().stream()
            .filter(term -> term.part() == Imbalance.Part.WISH && term.value() > 0)
            .map(Imbalance.Term::name)
            .toList();
    if (!imbalance.uneven(limits) && !wishes.isEmpty()) {
      return "Load is even enough, but what is asked for is not met (%s)"
          .formatted(String.join(", ", wishes));
    }
    double threshold = limits.imbalanceThreshold();
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
