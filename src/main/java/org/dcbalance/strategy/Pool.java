package org.dcbalance.strategy;

import java.time.Instant;
import java.util.List;

/**
 * Hold everything that a decision depends on.
 *
 * @param at the instant that the pool is looked at
 * @param hosts in a fixed order
 * @param vms the running VMs in a fixed order
 * @param roundsOutOfBounds consecutive earlier rounds in which the pool was out of bounds
 * @param history finished moves in the pool, newest first, for learning bandwidth and downtime
 */
public record Pool(
    String name,
    Instant at,
    List<HostLoad> hosts,
    List<VmLoad> vms,
    int roundsOutOfBounds,
    List<PastMove> history) {
  public Pool {
    hosts = List.copyOf(hosts);
    vms = List.copyOf(vms);
    history = List.copyOf(history);
  }
}
