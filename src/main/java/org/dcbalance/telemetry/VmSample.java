package org.dcbalance.telemetry;

import java.time.Instant;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Hold one sample of a VM; rates in bytes per second.
 *
 * @param memoryUsedBytes null if the guest does not tell
 * @param dirtyRate null unless a measurement ended since the sample before
 */
record VmSample(
    Instant at,
    VmId vm,
    HostId host,
    double cpuCores,
    long memoryBytes,
    @Nullable Long memoryUsedBytes,
    double netReceived,
    double netSent,
    double diskRead,
    double diskWritten,
    @Nullable Double dirtyRate) {}
