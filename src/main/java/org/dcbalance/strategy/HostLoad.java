package org.dcbalance.strategy;

import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Describe a host and what it carries besides its guests.
 *
 * @param own what the host uses for itself: mean over the window, guests excluded
 * @param coverage share of the window's expected samples that are there, 0 to 1
 * @param closed why it takes no guests (maintenance, not reachable), null if it does; a host that
 *     states no CPUs or no memory is always closed
 */
public record HostLoad(
    HostId id,
    String name,
    int cores,
    Memory memory,
    Load own,
    double coverage,
    @Nullable String closed) {
  public HostLoad {
    if (closed == null && (cores < 1 || memory.bytes() <= 0)) {
      closed = name + " states no CPUs or no memory.";
    }
  }

  /** Close it, unless it is closed already. */
  public HostLoad closedFor(String reason) {
    return closed != null ? this : new HostLoad(id, name, cores, memory, own, coverage, reason);
  }
}
