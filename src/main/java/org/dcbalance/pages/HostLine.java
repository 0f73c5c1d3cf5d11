package org.dcbalance.pages;

import java.time.Instant;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/**
 * A host as tables show it; load over the last minute, null where there are no samples.
 *
 * @param state CONNECTED, CONNECTING, UNREACHABLE, UNSUPPORTED or MAINTENANCE
 * @param stateReason what to know about the state; null where nothing
 * @param cpu share of its cores, 0 to 1
 * @param memoryUsed share of its memory, 0 to 1
 * @param movesIn completed moves to it within 24 h
 * @param movesOut completed moves from it within 24 h
 */
record HostLine(
    HostId id,
    String name,
    String state,
    @Nullable String stateReason,
    PoolId poolId,
    String pool,
    String hypervisor,
    int cores,
    @Nullable Memory memory,
    @Nullable Double cpu,
    @Nullable Double memoryUsed,
    double cpuThreshold,
    double memoryThreshold,
    @Nullable ByteRate network,
    @Nullable ByteRate disk,
    long vms,
    int movesIn,
    int movesOut,
    @Nullable Instant newestSample,
    boolean simulated) {}
