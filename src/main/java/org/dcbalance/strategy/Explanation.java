package org.dcbalance.strategy;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.units.VmId;

/**
 * Say of the VMs that an operator will ask about why they are not proposed: those of overloaded and
 * most loaded hosts and of sources, and all others that would have been moved but for their price
 * or the cap.
 */
final class Explanation {
  private final List<VmLoad> vms;
  private final Placement placement;
  private final Candidates candidates;
  private final Limits limits;
  private final Set<Integer> asked = new HashSet<>();
  private final Map<VmId, Look> atFirst = new HashMap<>();

  /** Look at the VMs as they are, before any move is made in the placement. */
  Explanation(List<VmLoad> vms, Placement placement, Candidates candidates, Limits limits) {
    this.vms = vms;
    this.placement = placement;
    this.candidates = candidates;
    this.limits = limits;
    for (var resource : List.of(Resource.CPU, Resource.MEMORY)) {
      asked.add(placement.mostLoaded(resource));
      for (int host = 0; host < placement.hostCount(); host++) {
        if (placement.overloaded(resource, host)) {
          asked.add(host);
        }
      }
    }
    double score = placement.imbalance().value();
    vms.forEach(vm -> atFirst.put(vm.id(), candidates.look(vm, placement, score)));
  }

  /** Explain what was passed over, now that these moves are made in the placement. */
  List<PassedOver> after(List<ProposedMove> moves) {
    var proposed = new HashSet<VmId>();
    for (var move : moves) {
      proposed.add(move.vm().id());
      asked.add(placement.index(move.source()));
    }
    double score = placement.imbalance().value();
    var passedOver = new ArrayList<PassedOver>();
    for (var vm : vms.stream().sorted(askedAndBusiestFirst()).toList()) {
      if (!proposed.contains(vm.id())) {
        var reason = reason(vm, score);
        if (isAsked(vm) || wouldHaveMoved(reason)) {
          passedOver.add(new PassedOver(vm.id(), vm.name(), reason));
        }
      }
    }
    return passedOver;
  }

  private Reason reason(VmLoad vm, double score) {
    return switch (requireNonNull(atFirst.get(vm.id()))) {
      case Look.Stay stay -> stay.reason();
      case Look.Move _ ->
          switch (candidates.look(vm, placement, score)) {
            case Look.Stay stay -> new Reason.Afterwards(stay.reason());
            case Look.Move _ ->
                placement.imbalance().outOfBounds(limits)
                    ? new Reason.OverCap(limits.maxMoves())
                    : new Reason.NotNeeded();
          };
    };
  }

  private Comparator<VmLoad> askedAndBusiestFirst() {
    Comparator<VmLoad> askedFirst = comparing(vm -> !isAsked(vm));
    var busiestFirst = comparingDouble((VmLoad vm) -> vm.mean().cpuCores()).reversed();
    return askedFirst.thenComparing(busiestFirst).thenComparing(VmLoad::id);
  }

  private boolean isAsked(VmLoad vm) {
    return asked.contains(placement.index(vm.host()));
  }

  private static boolean wouldHaveMoved(Reason reason) {
    return reason instanceof Reason.OverCap || reason instanceof Reason.TooCostly;
  }
}
