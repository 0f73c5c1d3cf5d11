package org.dcbalance.recommendation;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/rounds")
class RoundApi {
  private final Rounds rounds;
  private final RoundRequests requests;
  private final RoundReplays replays;
  private final PoolPolicy pools;

  RoundApi(Rounds rounds, RoundRequests requests, RoundReplays replays, PoolPolicy pools) {
    this.rounds = rounds;
    this.requests = requests;
    this.replays = replays;
    this.pools = pools;
  }

  /** A round as the API shows it. */
  record RoundView(
      long id,
      long poolId,
      long number,
      Instant at,
      long tookMillis,
      String strategy,
      String outcome,
      @Nullable Double imbalance,
      @Nullable Double imbalanceAfter,
      double threshold,
      long windowSeconds,
      String sentence,
      List<Round.ScoreTerm> terms,
      List<Round.Considered> passedOver,
      String requestedBy,
      @Nullable String cameFrom,
      double decidedInMillis) {
    static RoundView of(Round r) {
      return new RoundView(
          r.id(),
          r.poolId(),
          r.number(),
          r.at(),
          r.took().toMillis(),
          r.strategy(),
          r.outcome(),
          r.imbalance(),
          r.imbalanceAfter(),
          r.threshold(),
          r.window().toSeconds(),
          r.sentence(),
          r.terms(),
          r.passedOver(),
          r.requestedBy(),
          r.cameFrom(),
          r.decidedIn().toNanos() / 1e6);
    }
  }

  /** Which pool to look at; without one, every pool that has hosts. */
  record RoundRequest(@Nullable Long poolId) {}

  @Operation(summary = "List balancing rounds, newest first.")
  @GetMapping
  Items<RoundView> list(@RequestParam @Nullable Long poolId, Cursor cursor) {
    var rows =
        rounds.list(
            poolId == null ? null : pools.find(poolId).id(),
            cursor.afterId().orElse(Long.MAX_VALUE),
            cursor.fetch());
    return Items.page(rows, cursor, Round::id).map(RoundView::of);
  }

  @Operation(summary = "Show a balancing round: how it scored, and what it passed over and why.")
  @GetMapping("/{id}")
  RoundView one(@PathVariable long id) {
    return RoundView.of(rounds.get(id));
  }

  /** What a round would have decided. */
  record ReplayView(
      boolean alike,
      String strategy,
      String outcome,
      @Nullable Double imbalance,
      @Nullable Double imbalanceAfter,
      String sentence,
      List<RoundReplays.Move> moves,
      List<Round.Considered> passedOver,
      double decidedInMillis) {
    static ReplayView of(RoundReplays.Replayed replayed) {
      var round = replayed.round();
      return new ReplayView(
          replayed.alike(),
          round.strategy(),
          round.outcome(),
          round.imbalance(),
          round.imbalanceAfter(),
          round.sentence(),
          replayed.moves(),
          round.passedOver(),
          round.decidedIn().toNanos() / 1e6);
    }
  }

  @Operation(
      summary =
          "Decide a round again on what it knew, by another strategy or within other limits; what is"
              + " not given is as it was. Nothing is proposed by it.")
  @GetMapping("/{id}/replay")
  ReplayView replay(
      @PathVariable long id,
      @RequestParam HostPool.@Nullable Balancing strategy,
      @RequestParam @Nullable Double cpuThreshold,
      @RequestParam @Nullable Double memoryThreshold,
      @RequestParam @Nullable Double imbalanceThreshold,
      @RequestParam @Nullable Double minimumGain,
      @RequestParam @Nullable Integer holdRounds,
      @RequestParam @Nullable Integer maxMoves,
      @RequestParam @Nullable Integer maxTransferGib,
      CurrentOperator me) {
    return ReplayView.of(
        replays.replay(
            id,
            new RoundReplays.Changes(
                strategy,
                cpuThreshold,
                memoryThreshold,
                imbalanceThreshold,
                minimumGain,
                holdRounds,
                maxMoves,
                maxTransferGib),
            me.operator()));
  }

  @Operation(summary = "Run a round now and wait for it.")
  @PostMapping
  Items<RoundView> run(
      @RequestBody(required = false) @Nullable RoundRequest request, CurrentOperator me) {
    var pool = request == null ? null : request.poolId();
    return new Items<>(
        requests.runNow(pool == null ? null : pools.find(pool).id(), me.operator()).stream()
            .map(RoundView::of)
            .toList(),
        null);
  }
}
