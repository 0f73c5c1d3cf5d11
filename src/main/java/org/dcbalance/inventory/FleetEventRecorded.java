package org.dcbalance.inventory;

import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Say that something happened in the fleet. Published in the transaction that records it. */
public record FleetEventRecorded(
    FleetEvents.Severity severity,
    String kind,
    @Nullable PoolId pool,
    @Nullable HostId host,
    @Nullable VmId vm,
    String sentence) {}
