package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/** Approve without a person where a pool's policy says so, and stop doing so when it goes badly. */
@Component
class Automation {
  private static final Logger log = LoggerFactory.getLogger(Automation.class);

  private final Pools pools;
  private final Recommendations recommendations;
  private final Rounds rounds;
  private final Approvals approvals;
  private final Installation installation;
  private final FleetEvents events;
  private final AuditLog audit;
  private final BalancingSettings settings;
  private final Clock clock;

  Automation(
      Pools pools,
      Recommendations recommendations,
      Rounds rounds,
      Approvals approvals,
      Installation installation,
      FleetEvents events,
      AuditLog audit,
      BalancingSettings settings,
      Clock clock) {
    this.pools = pools;
    this.recommendations = recommendations;
    this.rounds = rounds;
    this.approvals = approvals;
    this.installation = installation;
    this.events = events;
    this.audit = audit;
    this.settings = settings;
    this.clock = clock;
  }

  /** Approve what the newest round confirmed, unless it is quiet. */
  void approveWhatMayBe(PoolId id) {
    var pool = pools.findById(id.value()).orElseThrow();
    var newest = rounds.newest(id).map(Round::id).orElse(0L);
    if (pool.paused()
        || pool.quiet(clock.instant())
        || pool.automation() != HostPool.Automation.AUTOMATIC
        || installation.doubt().isPresent()) {
      return;
    }
    var open =
        recommendations.findByPoolIdAndStateInOrderByIdDesc(
            id.value(), List.of(Recommendation.State.PROPOSED), Limit.of(100));
    for (var recommendation : open.stream().sorted(Recommendation.AS_PLANNED).toList()) {
      if (Objects.equals(recommendation.roundId(), newest)
          && urgentEnough(recommendation.priority(), pool.automaticFrom())) {
        try {
          approvals.approve(recommendation.id(), Operator.DCBALANCE);
        } catch (Problem overtaken) {
          log.info("Not approved automatically: {}", overtaken.sentence());
        }
      }
    }
  }

  static boolean urgentEnough(ProposedMove.Priority priority, HostPool.Urgency from) {
    return switch (priority) {
      case HIGH -> true;
      case MEDIUM -> from != HostPool.Urgency.HIGH;
      case LOW -> from == HostPool.Urgency.LOW;
    };
  }

  @EventListener
  void onMeasured(MoveMeasured measured) {
    fallBackIfNeeded(measured.pool());
  }

  /** Called after the end of a move is recorded on its recommendation. */
  void fallBackIfNeeded(PoolId id) {
    var pool = pools.findById(id.value()).orElseThrow();
    if (pool.automation() != HostPool.Automation.AUTOMATIC) {
      return;
    }
    var automatic =
        recommendations.findTried(id.value(), 50).stream()
            .filter(r -> Operator.DCBALANCE.name().equals(r.decidedBy()))
            // a person who sets it again has looked at the moves before
            .filter(r -> r.decidedAt() != null && pool.automatedAt(r.decidedAt()))
            .filter(r -> Objects.equals(r.succeeded(), false) || r.helped() != null)
            .limit(settings.fallBackAfter())
            .toList();
    boolean allBad =
        automatic.size() == settings.fallBackAfter()
            && automatic.stream()
                .allMatch(
                    r -> Objects.equals(r.succeeded(), false) || Objects.equals(r.helped(), false));
    if (allBad && pools.endAutomation(id.value(), clock.instant()) == 1) {
      audit.note(
          Operator.DCBALANCE,
          Act.AUTOMATION_FELL_BACK,
          Thing.pool(id, pool.name()),
          Facts.of("automation", HostPool.Automation.AUTOMATIC),
          Facts.of("automation", HostPool.Automation.MANUAL));
      events.record(
          FleetEvents.Severity.WARN,
          "automation-fell-back",
          id,
          null,
          null,
          "%s is back to manual approval: the last %d automatic moves failed or did not help."
              .formatted(pool.name(), settings.fallBackAfter()));
    }
  }
}
