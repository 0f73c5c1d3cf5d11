package org.dcbalance.hypervisor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Hold the counters of a host and its running guests at one instant. Counters only grow, but for a
 * restart or move of the guest; rates come from two readings.
 *
 * @param at when it was read, by this machine's clock
 * @param monotonic the same instant in nanoseconds of {@link System#nanoTime}
 */
public record LoadReading(
    Instant at, long monotonic, HostCounters host, List<GuestCounters> guests) {
  public LoadReading {
    guests = List.copyOf(guests);
  }

  /**
   * Hold a host's counters.
   *
   * @param cpuBusy CPU time spent by all cores on anything but idling; null if the host does not
   *     tell (the sum over its guests then stands in)
   * @param memoryUsed memory not available to new guests
   */
  public record HostCounters(
      @Nullable Duration cpuBusy, int cores, Memory memoryUsed, Memory memoryTotal) {}

  /**
   * Hold a guest's counters.
   *
   * @param cpuTime CPU time used, all vCPUs
   * @param memory what the guest has (balloon)
   * @param memoryUsed what it uses of that by its own account; null if it does not tell
   * @param dirtyRate the newest measured rate; null if there is none
   */
  public record GuestCounters(
      UUID uuid,
      Duration cpuTime,
      int vcpus,
      Memory memory,
      @Nullable Memory memoryUsed,
      long netReceivedBytes,
      long netSentBytes,
      long diskReadBytes,
      long diskWrittenBytes,
      @Nullable DirtyRate dirtyRate) {}

  /**
   * Report a finished measurement of changed memory.
   *
   * @param startedAt when the measurement started: tells one measurement from the next
   * @param window its length
   * @param rate distinct bytes changed, over the window
   */
  public record DirtyRate(Instant startedAt, Duration window, ByteRate rate) {}
}
