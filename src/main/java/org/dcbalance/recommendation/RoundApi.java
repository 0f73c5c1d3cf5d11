package org.dcbalance.recommendation;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
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
  private final PoolPolicy pools;

  RoundApi(Rounds rounds, RoundRequests requests, PoolPolicy pools) {
    this.rounds = rounds;
    this.requests = requests;
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
