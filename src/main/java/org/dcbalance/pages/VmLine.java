package org.dcbalance.pages;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * A VM as tables show it; load over the last minute, null where there are no samples.
 *
 * @param cpu share of its own CPUs, 0 to 1
 * @param ties why it cannot move, as sentences; empty if it can
 */
record VmLine(
    VmId id,
    UUID uuid,
    String name,
    String state,
    HostId hostId,
    String host,
    @Nullable Double cpu,
    @Nullable Double cpuCores,
    int cpus,
    Memory memory,
    @Nullable ByteRate network,
    @Nullable ByteRate disk,
    @Nullable ByteRate dirtyRate,
    @Nullable Instant lastMoved,
    List<String> addresses,
    List<String> ties,
    boolean neverMove) {

  public boolean movable() {
    return ties.isEmpty();
  }

  /** Give the first reason why it cannot move; null if it can. */
  public @Nullable String whyNot() {
    return ties.isEmpty() ? null : ties.getFirst();
  }
}
