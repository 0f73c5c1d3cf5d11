package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
 * @param onlyDisksTie whether nothing keeps it but disks, which its host can copy with it
 * @param disksStay where nothing keeps it but disks: why they are not copied with it, as a
 *     sentence; null if they can be
 * @param cannotEnd why its host cannot end a move that runs; null if it can
 * @param movingTo target of our own migration of it; null if there is none
 * @param moveOptions what is allowed for it over its pool
 * @param poolMoveOptions what holds where it has nothing of its own
 * @param idleOptions move options that have no effect on its host, by the names of their fields
 * @param pauseUnlimited why its host does not keep to the longest pause; null if it does
 * @param version of what operators wish for it, as it is shown
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
    @Nullable String disksStay,
    @Nullable String cannotEnd,
    boolean neverMove,
    String neverMoveNote,
    @Nullable String movingTo,
    @Nullable Instant movedOutsideAt,
    @Nullable String movedOutsideFrom,
    @Nullable String probeAddress,
    @Nullable Integer probePort,
    MoveOptions moveOptions,
    MoveOptions poolMoveOptions,
    Map<String, IdleOption> idleOptions,
    @Nullable String pauseUnlimited,
    long version) {

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
