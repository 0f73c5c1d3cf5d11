package org.dcbalance.strategy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Look at VMs that hard rules keep on one host: they move as one, or not at all. Those that share a
 * host are looked at like a single VM as large as all of them; those that do not are gathered.
 */
final class Together {
  private final Candidates candidates;
  private final List<List<VmLoad>> groups;

  /** Take over the rules; VMs that several rules tie to each other make one group. */
  Together(List<Rule> rules, List<VmLoad> vms, Candidates candidates) {
    this.candidates = candidates;
    var first = new HashMap<VmId, VmId>();
    for (var rule : rules) {
      if (rule.hard() && rule.kind() == Rule.Kind.TOGETHER && rule.vms().size() > 1) {
        for (var vm : rule.vms()) {
          join(first, rule.vms().getFirst(), vm);
        }
      }
    }
    groups =
        first.isEmpty()
            ? List.of()
            : vms.stream()
                .filter(vm -> first.containsKey(vm.id()))
                .collect(groupingBy(vm -> first(first, vm.id()), TreeMap::new, toList()))
                .values()
                .stream()
                .filter(group -> group.size() > 1)
                .toList();
  }

  private static void join(Map<VmId, VmId> first, VmId one, VmId other) {
    var a = first(first, one);
    var b = first(first, other);
    first.put(a, a.compareTo(b) < 0 ? a : b);
    first.put(b, a.compareTo(b) < 0 ? a : b);
  }

  private static VmId first(Map<VmId, VmId> first, VmId vm) {
    var next = first.getOrDefault(vm, vm);
    return next.equals(vm) ? vm : first(first, next);
  }

  /**
   * Moves that are proposed together.
   *
   * @param worth gain for the price of all
   */
  record Moves(List<Look.Move> moves, double gain, double worth) {}

  /**
   * Find the best moves of a group from here, which scores so much; null if there are none to make.
   *
   * @param most how many moves may be made
   * @param moved VMs that the plan moves already
   */
  @Nullable Moves best(Placement placement, double score, int most, Set<VmId> moved) {
    @Nullable Moves best = null;
    for (var group : groups) {
      var here = group.stream().filter(vm -> placement.index(vm.host()) >= 0).toList();
      if (here.stream().anyMatch(vm -> moved.contains(vm.id()) || vm.movingTo() != null)) {
        continue;
      }
      var found =
          here.stream().map(VmLoad::host).distinct().count() == 1
              ? asOne(here, placement, score, most)
              : gathered(here, placement, score, most);
      if (found != null && (best == null || found.worth() > best.worth())) {
        best = found;
      }
    }
    return best;
  }

  private @Nullable Moves asOne(List<VmLoad> group, Placement placement, double score, int most) {
    int source = placement.index(group.getFirst().host());
    double needed = candidates.minimumGain(source, placement, score);
    var all = VmLoad.sum(group);
    var departure = new Departure(placement, all, source);
    @Nullable Moves best = null;
    if (group.size() < 2
        || group.size() > most
        || group.stream().anyMatch(vm -> candidates.fixed(vm, placement) != null)) {
      return null;
    }
    for (int target = 0; target < placement.hostCount(); target++) {
      var host = placement.host(target);
      if (target == source
          || group.stream().anyMatch(vm -> candidates.refusal(vm, host) != null)
          || placement.wishes().refusing(group, source, target) != null
          || !placement.hasRoom(all, target)
          || candidates.overload(departure, target, placement) != null) {
        continue;
      }
      double gain = score - placement.scoreAfter(departure, group, all, source, target);
      if (gain <= 0 || gain < candidates.least(group, source, target, placement, needed)) {
        continue;
      }
      var found = priced(group, target, gain, placement);
      if (found != null && (best == null || found.worth() > best.worth())) {
        best = found;
      }
    }
    return best;
  }

  /** Bring VMs that a rule wants together from several hosts to one. */
  private @Nullable Moves gathered(
      List<VmLoad> group, Placement placement, double score, int most) {
    @Nullable Moves best = null;
    for (int target = 0; target < placement.hostCount(); target++) {
      int goal = target;
      var movers = group.stream().filter(vm -> placement.index(vm.host()) != goal).toList();
      if (movers.size() > most) {
        continue;
      }
      var tried = new Placement(placement);
      if (!movers.stream().allMatch(vm -> move(vm, goal, tried))) {
        continue;
      }
      double gain = score - tried.imbalance().value();
      if (gain <= 0 || tried.wishes().broken() >= placement.wishes().broken()) {
        continue;
      }
      var found = priced(movers, target, gain, placement);
      if (found != null && (best == null || found.worth() > best.worth())) {
        best = found;
      }
    }
    return best;
  }

  private boolean move(VmLoad vm, int target, Placement placement) {
    int source = placement.index(vm.host());
    if (candidates.fixed(vm, placement) != null
        || candidates.refusal(vm, placement.host(target)) != null
        || placement.wishes().refusingAlone(vm, source, target)
        || !placement.hasRoom(vm, target)
        || candidates.overload(new Departure(placement, vm, source), target, placement) != null) {
      return false;
    }
    placement.move(vm, source, target);
    return true;
  }

  private @Nullable Moves priced(
      List<VmLoad> movers, int target, double gain, Placement placement) {
    var prices = candidates.prices();
    double price = 0;
    long copied = 0;
    var moves = new ArrayList<Look.Move>();
    for (var vm : movers) {
      var cost = prices.cost(vm, placement.host(target).id());
      if (prices.unaffordable(vm, cost)) {
        return null;
      }
      price += prices.price(cost);
      copied += cost.transferred().bytes();
      moves.add(new Look.Move(vm, placement.index(vm.host()), target, 0, cost, 1));
    }
    return copied > prices.left().bytes() ? null : new Moves(moves, gain, gain / price);
  }
}
