package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * What the page of one VM tells.
 *
 * @param poolId null where its host was removed
 * @param restsUntil end of its cool-down; null if it has none
 * @param ties why it cannot move, as sentences; empty if it can
 * @param onlyDisksTie whether nothing keeps it but disks, which can be copied with it
 * @param movingTo target of our own migration of it; null if there is none
 * @param moveOptions what is allowed for it over its pool
 * @param poolMoveOptions what holds where it has nothing of its own
 * @param movedOutsideAt when somebody else brought it to where it is, within the last day
 */
record VmDetail(
    VmId id,
    String name,
    String state,
    HostId hostId,
    String host,
    @Nullable PoolId poolId,
    String pool,
    String hypervisor,
    String osType,
    @Nullable Integer domainId,
    int cpus,
    Duration cpuTime,
    Memory maxMemory,
    Memory memory,
    UUID uuid,
    List<String> addresses,
    @Nullable Double cpu,
    @Nullable ByteRate dirtyRate,
    @Nullable Memory workingSet,
    @Nullable Instant lastMoved,
    @Nullable Instant restsUntil,
    List<String> ties,
    boolean onlyDisksTie,
    boolean neverMove,
    String neverMoveNote,
    @Nullable String movingTo,
    @Nullable Instant movedOutsideAt,
    @Nullable String movedOutsideFrom,
    @Nullable String probeAddress,
    @Nullable Integer probePort,
    MoveOptions moveOptions,
    MoveOptions poolMoveOptions) {

  /** Tell whether a person may ask for a move of it now. */
  public boolean askable() {
    return (ties.isEmpty() || onlyDisksTie) && movingTo == null;
  }

  public boolean movable() {
    return ties.isEmpty();
  }

  /** Give how it is probed during a move: "NONE", "TCP" or "ICMP". */
  public String probeKind() {
    return probeAddress == null ? "NONE" : probePort == null ? "ICMP" : "TCP";
  }

  /** A disk or medium, and whether every host of the pool has it. */
  record DiskLine(String target, String source, String format, boolean shared) {}
}
