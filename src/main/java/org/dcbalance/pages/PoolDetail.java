package org.dcbalance.pages;

import java.time.Duration;
import java.util.List;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.PoolRoom;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What the page of one pool tells besides its line: policy, limits, and what its hosts share.
 *
 * @param ownCpuThreshold the pool's own; null where that of the settings holds
 * @param quietHours when nothing is approved without a person; null: never
 * @param room what is kept free, and how much moves may copy
 * @param maxTransfer most that the moves of a round copy together; null for any amount
 * @param rules which VMs belong together, apart, or to certain hosts
 * @param fellBack why automatic approval fell back to manual; null where it did not
 * @param storages folders marked as shared
 * @param networks what guests use, and what is marked as being on every host
 * @param version of the pool as it is shown
 */
record PoolDetail(
    HostPool.Urgency automaticFrom,
    HostPool.Balancing strategy,
    @Nullable Double ownCpuThreshold,
    @Nullable String quietHours,
    Duration samplePeriod,
    Duration window,
    Duration roundPeriod,
    int holdRounds,
    double cpuThreshold,
    double memoryThreshold,
    double minimumGain,
    Duration coolDown,
    int movesAtOnce,
    Duration downtimeLimit,
    MoveOptions moveOptions,
    MoveOptions moveDefaults,
    PoolRoom room,
    @Nullable Memory maxTransfer,
    List<PlacementRules.PlacementRule> rules,
    @Nullable String fellBack,
    List<String> storages,
    List<SeenPath> seenPaths,
    List<NetworkLine> networks,
    long version) {

  /** A folder with guests' disks that is not marked as shared. */
  record SeenPath(String path, long vms) {}

  /** A network or bridge, how many guests use it, and whether it is marked. */
  record NetworkLine(String name, long vms, boolean marked) {}
}
