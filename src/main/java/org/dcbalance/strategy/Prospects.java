package org.dcbalance.strategy;

import static java.util.Comparator.comparingDouble;
import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.VmId;

/**
 * Bound what each VM could gain, all rules and prices aside. Working that out takes one loop over
 * hosts without branches; so most VMs never have to be looked at more closely, and the outcome is
 * the same as if all had been.
 */
final class Prospects {
  /** Both ways of counting agree to within rounding. */
  private static final double ROUNDING = 1e-9;

  private final PoolProblem pool;
  private final Balance balance;
  private final Scan scan;
  private final Map<VmId, Integer> indexes = new HashMap<>();
  private final double[] most;

  /** What a move could gain by making room for a large VM. */
  private double room;

  Prospects(Pool pool, Limits limits) {
    var all = new HashSet<VmId>();
    pool.vms().forEach(vm -> all.add(vm.id()));
    this.pool = new PoolProblem(pool, limits, Set.of(), all);
    balance = new Balance(this.pool.problem);
    scan = new Scan(balance);
    for (var vm : this.pool.vms) {
      indexes.put(vm.id(), indexes.size());
    }
    most = new double[indexes.size()];
    workOut();
  }

  private void workOut() {
    for (int vm = 0; vm < most.length; vm++) {
      most[vm] = scan.mostGain(vm) + ROUNDING;
    }
  }

  /** Set what a move could gain besides by making room for a large VM, which is missing so far. */
  void missRoom(double missing) {
    room = missing;
  }

  /** Give the most that a move of the VM could gain, by any target whatever. */
  double most(VmLoad vm) {
    var index = indexes.get(vm.id());
    return index == null ? Double.NEGATIVE_INFINITY : most[index] + room;
  }

  /**
   * Give the VMs again, those that could gain most first, without those that could gain nothing.
   */
  List<VmLoad> mostFirst(List<VmLoad> vms) {
    return vms.stream()
        .filter(vm -> most(vm) > 0)
        .sorted(comparingDouble((VmLoad vm) -> -most(vm)))
        .toList();
  }

  /** Follow a move. */
  void move(VmLoad vm, int target) {
    balance.move(requireNonNull(indexes.get(vm.id())), target);
    workOut();
  }
}
