package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Look a situation up in the record of past decisions. */
final class Past {
  /** Situations that are no further from each other than this are alike. */
  static final double ALIKE = 0.05;

  /** A decision made with every VM on the same host as now counts as so much nearer. */
  private static final double SAME_PLACEMENT = 0.01;

  private final @Nullable PastDecision nearest;
  private double distance = Double.POSITIVE_INFINITY;
  private final Origin.@Nullable Miss miss;

  /** Moves that did harm in situations like this one, and when. */
  private final Map<VmId, Map<HostId, Instant>> harmful = new HashMap<>();

  Past(List<PastDecision> decisions, Situation now) {
    @Nullable PastDecision best = null;
    double least = Double.POSITIVE_INFINITY;
    double anyDistance = Double.POSITIVE_INFINITY;
    var alike = new ArrayList<PastDecision>();
    for (var decision : decisions) {
      double away = now.distance(decision.situation());
      anyDistance = Math.min(anyDistance, away);
      if (away <= ALIKE) {
        alike.add(decision);
        decision.choices().stream().filter(PastDecision::regretted).forEach(c -> warn(c, decision));
      }
    }
    var regretted = new LinkedHashSet<Long>();
    for (var decision : alike) {
      if (decision.regretted()) {
        regretted.add(decision.from() == 0 ? decision.id() : decision.from());
      }
    }
    for (var decision : alike) {
      // what was adapted is no measure for what a search would find
      if (decision.from() != 0 || regretted.contains(decision.id())) {
        continue;
      }
      double away = now.distance(decision.situation());
      double rank =
          decision.situation().placement() == now.placement() ? away - SAME_PLACEMENT : away;
      if (rank < least) {
        least = rank;
        best = decision;
        distance = away;
      }
    }
    nearest = best;
    if (best != null) {
      miss = null;
    } else if (!regretted.isEmpty()) {
      miss = new Origin.Miss.TurnedOutBadly(regretted.iterator().next());
    } else {
      miss =
          anyDistance == Double.POSITIVE_INFINITY
              ? new Origin.Miss.NothingRecorded()
              : new Origin.Miss.NothingAlike(anyDistance, ALIKE);
    }
  }

  private void warn(PastDecision.Choice choice, PastDecision decision) {
    harmful
        .computeIfAbsent(choice.vm(), _ -> new HashMap<>())
        .putIfAbsent(choice.target(), decision.at());
  }

  /** Say why nothing can be taken from the record; null if something can. */
  Origin.@Nullable Miss miss() {
    return miss;
  }

  /** Give the decision of the nearest situation; only without a {@link #miss}. */
  PastDecision nearest() {
    return requireNonNull(nearest);
  }

  double distance() {
    return distance;
  }

  /** Keep VMs off the hosts where moving them did harm in a situation like this one. */
  List<VmLoad> warned(List<VmLoad> vms) {
    return harmful.isEmpty()
        ? vms
        : vms.stream().map(vm -> harmful.containsKey(vm.id()) ? warned(vm) : vm).toList();
  }

  private VmLoad warned(VmLoad vm) {
    var refused = new HashMap<>(vm.refused());
    requireNonNull(harmful.get(vm.id()))
        .forEach(
            (host, at) ->
                refused.putIfAbsent(
                    host,
                    "the same move, decided at "
                        + ReasonText.time(at)
                        + " in a situation like this one, did harm"));
    return vm.refusedBy(refused);
  }
}
