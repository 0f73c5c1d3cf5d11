package org.dcbalance.telemetry;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.units.HostId;
import org.jspecify.annotations.Nullable;

/**
 * Find hosts that report one and the same machine's counters, as several libvirt daemons on one
 * machine do (containers, nested labs). The machine's load then says nothing about each of them,
 * and their guests' sum stands in.
 */
final class SharedMachines {
  /** A busy host takes so long to tell its counters. */
  private static final Duration TELLING = Duration.ofSeconds(1);

  private static final Duration RECENT = Duration.ofSeconds(30);

  private final Map<HostId, LoadReading> newest = new ConcurrentHashMap<>();

  /** Take note of a reading, and tell whether another host's newest one is of the same machine. */
  boolean shared(HostId host, LoadReading reading) {
    var before = newest.put(host, reading);
    return newest.entrySet().stream()
        .anyMatch(e -> !e.getKey().equals(host) && sameMachine(e.getValue(), before, reading));
  }

  void forget(HostId host) {
    newest.remove(host);
  }

  /** Busy time since the boot: the one with less time between the two readings tells more. */
  private static boolean sameMachine(
      LoadReading other, @Nullable LoadReading before, LoadReading now) {
    return before != null && apart(other, before).compareTo(apart(other, now)) < 0
        ? sameMachine(other, before)
        : sameMachine(other, now);
  }

  private static boolean sameMachine(LoadReading a, LoadReading b) {
    var busyA = a.host().cpuBusy();
    var busyB = b.host().cpuBusy();
    if (busyA == null
        || busyB == null
        || a.host().cores() != b.host().cores()
        || !a.host().memoryTotal().equals(b.host().memoryTotal())) {
      return false;
    }
    // the two can differ by what ran between them, and while they were told, not by more
    var apart = apart(a, b);
    var tolerated = apart.plus(TELLING).multipliedBy(a.host().cores());
    return apart.compareTo(RECENT) < 0 && busyA.minus(busyB).abs().compareTo(tolerated) < 0;
  }

  private static Duration apart(LoadReading a, LoadReading b) {
    return Duration.ofNanos(Math.abs(a.monotonic() - b.monotonic()));
  }
}
