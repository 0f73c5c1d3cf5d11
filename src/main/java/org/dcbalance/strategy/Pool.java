package org.dcbalance.strategy;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Hold everything that a decision depends on.
 *
 * @param at the instant that the pool is looked at
 * @param hosts in a fixed order
 * @param vms the running VMs in a fixed order
 * @param roundsOutOfBounds consecutive earlier rounds in which the pool was out of bounds
 * @param history finished moves in the pool, newest first, for learning bandwidth and downtime
 * @param rules which VMs belong together, apart, or to certain hosts
 */
public record Pool(
    String name,
    Instant at,
    List<HostLoad> hosts,
    List<VmLoad> vms,
    int roundsOutOfBounds,
    List<PastMove> history,
    List<Rule> rules) {
  public Pool {
    hosts = List.copyOf(hosts);
    vms = List.copyOf(vms);
    history = List.copyOf(history);
    rules = rules.stream().sorted(Comparator.comparing(Rule::name)).toList();
  }

  /** Hold a pool without rules. */
  public Pool(
      String name,
      Instant at,
      List<HostLoad> hosts,
      List<VmLoad> vms,
      int roundsOutOfBounds,
      List<PastMove> history) {
    this(name, at, hosts, vms, roundsOutOfBounds, history, List.of());
  }

  /** Put other hosts and VMs in their place. */
  public Pool with(List<HostLoad> otherHosts, List<VmLoad> otherVms) {
    return new Pool(name, at, otherHosts, otherVms, roundsOutOfBounds, history, rules);
  }

  /** Put VMs on other hosts, as they are once their moves are made. */
  public Pool moved(Map<VmId, HostId> goals) {
    return with(
        hosts,
        vms.stream()
            .map(
                vm -> {
                  var goal = goals.get(vm.id());
                  return goal == null ? vm : vm.on(goal);
                })
            .toList());
  }

  /** Let these rules hold. */
  public Pool ruledBy(List<Rule> others) {
    return new Pool(name, at, hosts, vms, roundsOutOfBounds, history, others);
  }
}
