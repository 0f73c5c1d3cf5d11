package org.dcbalance.telemetry;

import java.time.Instant;
import org.dcbalance.units.HostId;

/**
 * Hold one sample of a host; rates in bytes per second.
 *
 * @param cpuCores CPU time per second, in cores
 * @param cpuSummed whether its guests' sum stands in for counters that the host does not have
 */
record HostSample(
    Instant at,
    HostId host,
    double cpuCores,
    int cores,
    boolean cpuSummed,
    long memoryUsedBytes,
    long memoryBytes,
    double netReceived,
    double netSent,
    double diskRead,
    double diskWritten) {}
