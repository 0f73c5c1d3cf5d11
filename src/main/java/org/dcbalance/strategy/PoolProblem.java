package org.dcbalance.strategy;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Put a pool before the search: the terms of {@link Imbalance}, and the same rules for what a host
 * takes that a {@link Placement} keeps.
 */
final class PoolProblem {
  /** What a VM on a host that is to be emptied counts for: more than any imbalance. */
  static final double STRANDED = 100;

  final List<HostLoad> hosts;
  final List<VmLoad> vms;
  final BalancingProblem problem;
  private final Map<HostId, Integer> indexes = new HashMap<>();

  /**
   * Take over a pool.
   *
   * @param emptied hosts that count as closed and whose VMs should leave them
   * @param movable VMs that may move at all; those that are not on an open host or one to be
   *     emptied never do
   */
  PoolProblem(Pool pool, Limits limits, Set<HostId> emptied, Set<VmId> movable) {
    hosts =
        pool.hosts().stream()
            .filter(host -> host.closed() == null && !emptied.contains(host.id()))
            .sorted(comparing(HostLoad::id))
            .toList();
    for (var host : hosts) {
      indexes.put(host.id(), indexes.size());
    }
    var counted = new ArrayList<VmLoad>();
    for (var vm : pool.vms().stream().sorted(comparing(VmLoad::id)).toList()) {
      if (index(vm.host()) >= 0 || index(vm.movingTo()) >= 0 || emptied.contains(vm.host())) {
        counted.add(vm);
      }
    }
    vms = List.copyOf(counted);
    var home = new int[vms.size()];
    var mayMove = new boolean[vms.size()];
    var builder = new BalancingProblem.Builder(hosts.size(), goals(home));
    for (int v = 0; v < home.length; v++) {
      var vm = vms.get(v);
      mayMove[v] = movable.contains(vm.id()) && vm.movingTo() == null && !hosts.isEmpty();
      for (var refused : vm.refused().keySet()) {
        if (index(refused) >= 0) {
          builder.refuse(v, index(refused));
        }
      }
    }
    builder.movable(mayMove).leaving(STRANDED);
    builder.memory(byVm(vm -> vm.mean().memory().bytes() / (1024.0 * 1024)));
    for (var resource : Resource.values()) {
      builder.term(term(resource, limits));
    }
    builder.ceiling(promised(limits));
    builder.ceiling(peak(Resource.CPU, limits)).ceiling(peak(Resource.MEMORY, limits));
    var book = new RuleBook(pool.rules(), hosts);
    if (!book.isEmpty()) {
      builder.ruledBy(book, vms.stream().map(vm -> book.of(vm.id())).toArray(int[][]::new));
    }
    problem = builder.build();
  }

  private int index(@Nullable HostId host) {
    return host == null ? -1 : indexes.getOrDefault(host, -1);
  }

  private int[] goals(int[] home) {
    for (int v = 0; v < home.length; v++) {
      int goal = index(vms.get(v).movingTo());
      home[v] = goal >= 0 ? goal : index(vms.get(v).host());
    }
    return home;
  }

  @FunctionalInterface
  private interface OfVm {
    double of(VmLoad vm);
  }

  private double[] byVm(OfVm value) {
    return vms.stream().mapToDouble(value::of).toArray();
  }

  private BalancingProblem.Term term(Resource resource, Limits limits) {
    var capacity = hosts.stream().mapToDouble(resource::capacity).toArray();
    var base = new double[hosts.size()];
    Arrays.setAll(base, h -> resource.amount(hosts.get(h).own()) / capacity[h]);
    double threshold = resource.threshold(limits);
    return new BalancingProblem.Term(
        "spread of " + resource.words(),
        resource.spreadWeight(),
        base,
        capacity,
        byVm(vm -> resource.amount(vm.mean())),
        threshold,
        Double.isInfinite(threshold) ? 0 : Resource.OVERLOAD_WEIGHT);
  }

  /** Bound the memory that a host has promised; a VM on its way out keeps what it has. */
  private BalancingProblem.Ceiling promised(Limits limits) {
    var used = hosts.stream().mapToDouble(host -> host.own().memory().bytes()).toArray();
    leaving(used, vm -> vm.allocated().bytes());
    var limit =
        hosts.stream()
            .mapToDouble(host -> host.memory().bytes() * limits.memoryThreshold())
            .toArray();
    return new BalancingProblem.Ceiling(
        used, limit, byVm(vm -> vm.allocated().bytes()), new double[vms.size()], false);
  }

  private BalancingProblem.Ceiling peak(Resource resource, Limits limits) {
    var used = hosts.stream().mapToDouble(host -> resource.amount(host.own())).toArray();
    leaving(used, vm -> resource.amount(vm.mean()));
    var limit =
        hosts.stream()
            .mapToDouble(host -> resource.capacity(host) * resource.threshold(limits))
            .toArray();
    return new BalancingProblem.Ceiling(
        used,
        limit,
        byVm(vm -> resource.amount(vm.mean())),
        byVm(vm -> Math.max(0, resource.amount(vm.high()) - resource.amount(vm.mean()))),
        true);
  }

  private void leaving(double[] used, OfVm amount) {
    for (var vm : vms) {
      int at = index(vm.host());
      if (at >= 0 && index(vm.movingTo()) >= 0) {
        used[at] += amount.of(vm);
      }
    }
  }
}
