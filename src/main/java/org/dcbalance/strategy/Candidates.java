package org.dcbalance.strategy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Look at what each VM could do for the pool, and say why if it is nothing. */
final class Candidates {
  /** In a pool of more hosts than this, no single move takes away a tenth of the imbalance. */
  private static final int LARGE = 10;

  private static final Resource[] BOUNDED = {Resource.CPU, Resource.MEMORY};

  private final Pool pool;
  private final Limits limits;
  private final Prices prices;

  /** Moves that would leave too little room for the loss of a host. */
  private final Map<VmId, Set<HostId>> barred = new HashMap<>();

  Candidates(Pool pool, Limits limits) {
    this.pool = pool;
    this.limits = limits;
    prices = new Prices(pool.history(), limits);
  }

  /** What came of looking at one VM. */
  sealed interface Look {
    /**
     * It could go there.
     *
     * @param worth gain for its price
     * @param possible how many hosts could take it
     */
    record Move(VmLoad vm, int source, int target, double worth, MigrationCost cost, int possible)
        implements Look {
      Move outOf(int hosts) {
        return new Move(vm, source, target, worth, cost, hosts);
      }
    }

    /** It stays. */
    record Stay(Reason reason) implements Look {}
  }

  /** Find the VM's best move from here, which scores so much. */
  Look look(VmLoad vm, Placement placement, double score) {
    var fixed = fixed(vm, placement);
    return fixed != null ? new Look.Stay(fixed) : best(vm, placement, score);
  }

  /** Find the VM's best move to one of these hosts; null if there is none to make. */
  Look.@Nullable Move among(List<Integer> targets, VmLoad vm, Placement placement, double score) {
    if (fixed(vm, placement) != null) {
      return null;
    }
    int source = placement.index(vm.host());
    double needed = minimumGain(source, placement, score);
    var departure = new Departure(placement, vm, source);
    Look.@Nullable Move best = null;
    for (int target : targets) {
      if (target == source
          || refusal(vm, placement.host(target)) != null
          || placement.wishes().refusing(vm, source, target) != null
          || !placement.hasRoom(vm, target)
          || overload(departure, target, placement) != null) {
        continue;
      }
      double gain = score - placement.scoreAfter(departure, vm, source, target);
      if (gain <= 0 || gain < least(vm, source, target, placement, needed)) {
        continue;
      }
      var cost = prices.cost(vm, placement.host(target).id());
      double worth = gain / prices.price(cost);
      if (!prices.unaffordable(vm, cost)
          && !prices.overTransfer(cost)
          && (best == null || worth > best.worth())) {
        best = new Look.Move(vm, source, target, worth, cost, 0);
      }
    }
    return best;
  }

  Prices prices() {
    return prices;
  }

  /** Leave a move alone from now on: it would leave too little room for the loss of a host. */
  void bar(VmId vm, HostId target) {
    barred.computeIfAbsent(vm, _ -> new HashSet<>()).add(target);
  }

  /** Say what a move of the VM has to gain at least from here, which scores so much. */
  double needed(VmLoad vm, Placement placement, double score) {
    int source = placement.index(vm.host());
    if (source < 0) {
      return Double.POSITIVE_INFINITY;
    }
    double needed = minimumGain(source, placement, score);
    return placement.wishes().broken(vm)
        ? 0
        : placement.wishes().roomMissing() > 0 ? Math.min(needed, minimumRoom()) : needed;
  }

  /** Say why the VM stays whatever the hosts' load is; null if it may move. */
  @Nullable Reason fixed(VmLoad vm, Placement placement) {
    if (placement.index(vm.host()) < 0) {
      return pool.hosts().stream()
          .filter(host -> host.id().equals(vm.host()))
          .findFirst()
          .map(host -> new Reason.HostClosed(host.name(), String.valueOf(host.closed())))
          .orElseGet(() -> new Reason.HostClosed(vm.host().toString(), "not in the pool"));
    }
    if (vm.movingTo() != null) {
      return new Reason.AlreadyMoving();
    }
    if (!vm.ties().isEmpty()) {
      return new Reason.Tied(String.join(" ", vm.ties()));
    }
    if (vm.restsUntil() != null && vm.restsUntil().isAfter(pool.at())) {
      return new Reason.Resting(vm.restsUntil());
    }
    return null;
  }

  private Look best(VmLoad vm, Placement placement, double score) {
    int source = placement.index(vm.host());
    double needed = minimumGain(source, placement, score);
    var departure = new Departure(placement, vm, source);
    @Nullable String refusal = null;
    @Nullable Rule broken = null;
    int refusals = 0;
    int roomless = 0;
    int possible = 0;
    Reason.@Nullable WouldOverload overload = null;
    double bestGain = Double.NEGATIVE_INFINITY;
    @Nullable MigrationCost tooCostly = null;
    @Nullable MigrationCost tooMuch = null;
    Look.@Nullable Move best = null;
    for (int target = 0; target < placement.hostCount(); target++) {
      if (target == source) {
        continue;
      }
      var refused = refusal(vm, placement.host(target));
      if (refused != null) {
        refusal = refusal == null ? refused : refusal;
        refusals++;
        continue;
      }
      var rule = placement.wishes().refusing(vm, source, target);
      if (rule != null) {
        broken = broken == null ? rule : broken;
        continue;
      }
      if (!placement.hasRoom(vm, target)) {
        roomless++;
        continue;
      }
      var above = overload(departure, target, placement);
      if (above != null) {
        overload = overload == null || excess(above) < excess(overload) ? above : overload;
        continue;
      }
      double gain = score - placement.scoreAfter(departure, vm, source, target);
      bestGain = Math.max(bestGain, gain);
      if (gain <= 0 || gain < least(vm, source, target, placement, needed)) {
        continue;
      }
      var cost = prices.cost(vm, placement.host(target).id());
      if (prices.unaffordable(vm, cost)) {
        tooCostly = tooCostly == null || less(cost, tooCostly) ? cost : tooCostly;
        continue;
      }
      if (prices.overTransfer(cost)) {
        tooMuch = cost;
        continue;
      }
      possible++;
      double worth = gain / prices.price(cost);
      if (best == null || worth > best.worth()) {
        best = new Look.Move(vm, source, target, worth, cost, 0);
      }
    }
    if (best != null) {
      return best.outOf(possible);
    }
    if (tooMuch != null) {
      return new Look.Stay(new Reason.OverTransfer(tooMuch.transferred(), prices.left()));
    }
    if (tooCostly != null) {
      return new Look.Stay(prices.tooCostly(vm, tooCostly));
    }
    if (bestGain > Double.NEGATIVE_INFINITY) {
      return new Look.Stay(
          needed == Double.POSITIVE_INFINITY && bestGain > 0
              ? new Reason.NoCause()
              : new Reason.GainTooSmall(bestGain, needed));
    }
    if (overload != null) {
      return new Look.Stay(overload);
    }
    if (roomless > 0) {
      return new Look.Stay(new Reason.NoRoom(vm.allocated()));
    }
    if (broken != null) {
      return new Look.Stay(new Reason.KeptByRule(broken.name(), broken.kind()));
    }
    return new Look.Stay(
        new Reason.NoTarget(refusals, refusal == null ? "no other host is open" : refusal));
  }

  /**
   * Say what a move to one host has to gain. What mends a rule is worth a move whatever it gains
   * besides; what makes room for a large VM is worth one that gains as much as one for balance has
   * to in a pool that is just out of bounds.
   *
   * @param needed what a move for balance has to gain
   */
  double least(VmLoad vm, int source, int target, Placement placement, double needed) {
    var wishes = placement.wishes();
    if (wishes.mends(vm, source, target) > 0) {
      return 0;
    }
    return wishes.makesRoom(vm, source, target) > 0 ? Math.min(needed, minimumRoom()) : needed;
  }

  /** The same for VMs on one host that move as one. */
  double least(List<VmLoad> several, int source, int target, Placement placement, double needed) {
    return placement.wishes().mends(several, source, target) > 0 ? 0 : needed;
  }

  private double minimumRoom() {
    return limits.minimumGain() * limits.imbalanceThreshold();
  }

  /**
   * Say what a move for balance has to gain: a share of the unevenness at its turn. A host above a
   * threshold is relieved by small steps too: there the whole plan has to gain as much. Where load
   * is spread evenly enough, no gain is a reason.
   */
  double minimumGain(int source, Placement placement, double score) {
    if (!placement.uneven() && placement.wishes().unmet()) {
      return Double.POSITIVE_INFINITY;
    }
    double imbalance = Math.max(score - placement.wishes().cost(), limits.imbalanceThreshold());
    double minimum =
        limits.minimumGain() * imbalance * Math.min(1, LARGE / (double) placement.hostCount());
    return placement.overloaded(source) ? minimum / Math.max(1, limits.maxMoves()) : minimum;
  }

  @Nullable String refusal(VmLoad vm, HostLoad target) {
    // asked of every host for every VM that is explained: most have nothing that could refuse
    var refused = vm.refused().isEmpty() ? null : vm.refused().get(target.id());
    if (refused != null) {
      return refused;
    }
    if (!barred.isEmpty() && barred.getOrDefault(vm.id(), Set.of()).contains(target.id())) {
      return "with it there, the loss of a host would leave more guests without room";
    }
    return vm.failedLately(target.id(), pool.at())
        ? "its last move to " + target.name() + " failed"
        : null;
  }

  Reason.@Nullable WouldOverload overload(Departure departure, int target, Placement placement) {
    for (var resource : BOUNDED) {
      double peak = departure.peakAt(resource, target);
      if (peak > resource.threshold(limits)) {
        return new Reason.WouldOverload(
            placement.host(target).name(), resource.words(), peak, resource.threshold(limits));
      }
    }
    return null;
  }

  private static double excess(Reason.WouldOverload overload) {
    return overload.share() - overload.threshold();
  }

  private static boolean less(MigrationCost one, MigrationCost other) {
    return one.downtime().compareTo(other.downtime()) < 0;
  }
}
