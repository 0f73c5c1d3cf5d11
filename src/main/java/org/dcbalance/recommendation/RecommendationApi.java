package org.dcbalance.recommendation;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/recommendations")
class RecommendationApi {
  private final Recommendations recommendations;
  private final Approvals approvals;
  private final OtherTargets others;
  private final Names names;
  private final CheckpointsFirst checkpoints;

  RecommendationApi(
      Recommendations recommendations,
      Approvals approvals,
      OtherTargets others,
      Names names,
      CheckpointsFirst checkpoints) {
    this.recommendations = recommendations;
    this.approvals = approvals;
    this.others = others;
    this.names = names;
    this.checkpoints = checkpoints;
  }

  /**
   * A recommendation as the API shows it; times in milliseconds, shares from 0 to 1.
   *
   * @param checkpointFirst that a checkpoint is taken before the move, and why, in a sentence; null
   *     if none is
   * @param migrationId the newest migration that carries it out, or that was chosen to another
   *     target instead; null if there is none
   */
  record RecommendationView(
      long id,
      Recommendation.State state,
      ProposedMove.Priority priority,
      long poolId,
      long vmId,
      String vm,
      long sourceHostId,
      String source,
      long targetHostId,
      String target,
      String why,
      String whyTarget,
      @Nullable String checkpointFirst,
      List<EffectView> effects,
      Recommendation.Cost cost,
      double gain,
      double imbalanceBefore,
      double imbalanceAfter,
      @Nullable Double imbalanceMeasured,
      Instant createdAt,
      Instant expiresAt,
      @Nullable Instant decidedAt,
      @Nullable String decidedBy,
      String note,
      @Nullable Long supersededByRound,
      @Nullable Boolean succeeded,
      @Nullable String settledAs,
      @Nullable Instant settledAt,
      @Nullable Long migrationId) {}

  /** What a move does to one host. */
  record EffectView(
      long hostId,
      String host,
      double cpuBefore,
      double cpuAfter,
      double memoryBefore,
      double memoryAfter) {}

  /** Why a recommendation is rejected. */
  record Rejection(@Nullable String reason) {}

  /** Where the VM of a recommendation goes instead. */
  record OtherTarget(@Nullable Long targetHostId) {}

  @Operation(summary = "List recommendations, newest first, by state or pool.")
  @GetMapping
  Items<RecommendationView> list(
      @RequestParam(name = "state", required = false)
          @Nullable Collection<Recommendation.State> states,
      @RequestParam @Nullable Long poolId,
      Cursor cursor) {
    var wanted =
        states == null || states.isEmpty() ? EnumSet.allOf(Recommendation.State.class) : states;
    var limit = Limit.of(cursor.fetch());
    long before = cursor.afterId().orElse(Long.MAX_VALUE);
    var rows =
        poolId == null
            ? recommendations.findByStateInAndIdLessThanOrderByIdDesc(wanted, before, limit)
            : recommendations.findByPoolIdAndStateInAndIdLessThanOrderByIdDesc(
                poolId, wanted, before, limit);
    var known = names.of(rows);
    var first = checkpoints.of(rows);
    return Items.page(rows, cursor, Recommendation::id).map(r -> view(r, known, first.get(r.id())));
  }

  @Operation(summary = "Show a recommendation with its reason, effect and cost.")
  @GetMapping("/{id}")
  RecommendationView one(@PathVariable long id) {
    var found =
        recommendations
            .findById(id)
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.NOT_FOUND, "There is no recommendation " + id + ".", null));
    var alone = List.of(found);
    var known = names.of(alone);
    return view(found, known, checkpoints.of(alone).get(id));
  }

  @Operation(summary = "Approve a recommendation: its migration is queued.")
  @PostMapping("/{id}/approve")
  RecommendationView approve(@PathVariable long id, CurrentOperator me) {
    approvals.approve(id, me.operator());
    return one(id);
  }

  @Operation(summary = "Reject a recommendation, and say why if you like.")
  @PostMapping("/{id}/reject")
  RecommendationView reject(
      @PathVariable long id,
      @RequestBody(required = false) @Nullable Rejection rejection,
      CurrentOperator me) {
    var reason = rejection == null ? null : rejection.reason();
    approvals.reject(id, me.operator(), reason == null ? "" : reason);
    return one(id);
  }

  @Operation(
      summary =
          "Move its VM to another host than proposed: it is rejected, and the migration there is"
              + " queued.")
  @PostMapping("/{id}/target")
  RecommendationView target(
      @PathVariable long id, @RequestBody OtherTarget wish, CurrentOperator me) {
    var target = wish.targetHostId();
    if (target == null) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"targetHostId\" is missing.",
          "Maybe send {\"targetHostId\": 3}, with the id of a host of the VM's pool.");
    }
    others.choose(id, new HostId(target), me.operator());
    return one(id);
  }

  private static RecommendationView view(
      Recommendation r, Names.Known known, @Nullable String checkpointFirst) {
    return new RecommendationView(
        r.id(),
        r.state(),
        r.priority(),
        r.poolId().value(),
        r.vmId().value(),
        known.vm(r.vmId()),
        r.sourceId().value(),
        known.host(r.sourceId()),
        r.targetId().value(),
        known.host(r.targetId()),
        r.why(),
        r.whyTarget(),
        checkpointFirst,
        r.effects().stream()
            .map(
                e ->
                    new EffectView(
                        e.host().value(),
                        e.hostName(),
                        e.cpuBefore(),
                        e.cpuAfter(),
                        e.memoryBefore(),
                        e.memoryAfter()))
            .toList(),
        r.cost(),
        r.gain(),
        r.imbalanceBefore(),
        r.imbalanceAfter(),
        r.imbalanceMeasured(),
        r.createdAt(),
        r.expiresAt(),
        r.decidedAt(),
        r.decidedBy(),
        r.note(),
        r.supersededByRound(),
        r.succeeded(),
        r.settledAs(),
        r.settledAt(),
        known.migration(r.id()));
  }
}
