package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Translate one guest's record of virConnectGetAllDomainStats. */
record BulkStats(TypedParameters values) {
  // virDomainState, and virDomainPausedReason
  private static final long PAUSED = 3;
  private static final long PAUSED_MIGRATION = 2;
  private static final long PAUSED_POSTCOPY = 12;

  /**
   * Give the guest's counters.
   *
   * @return empty if the guest's monitor was busy, so that its disk counters are missing, or if it
   *     waits here while it runs elsewhere: no reading is better than one that falls to zero
   */
  Optional<GuestCounters> counters(UUID uuid, DirtyRates dirtyRates, Instant at) {
    var cpu = values.number("cpu.time");
    var memory = values.number("balloon.current");
    if (cpu == null || memory == null || disksUnread() || elsewhere()) {
      return Optional.empty();
    }
    return Optional.of(
        new GuestCounters(
            uuid,
            Duration.ofNanos(cpu),
            (int) values.number("vcpu.current", 1),
            Memory.ofKiB(has(memory, at)),
            memoryUsed(at),
            sum("net", "rx.bytes"),
            sum("net", "tx.bytes"),
            sum("block", "rd.bytes"),
            sum("block", "wr.bytes"),
            dirtyRates.read(uuid, values, at)));
  }

  /** It arrives here, or left by post-copy: the other host tells what it does. */
  private boolean elsewhere() {
    long reason = values.number("state.reason", 0);
    return values.number("state.state", 0) == PAUSED
        && (reason == PAUSED_MIGRATION || reason == PAUSED_POSTCOPY);
  }

  /**
   * libvirt hears of a balloon by events, and was seen to miss those after a move. A guest cannot
   * have less than what it calls available.
   */
  private long has(long current, Instant at) {
    return GuestFigures.fresh(values.number("balloon.last-update"), at)
        ? Math.max(current, values.number("balloon.available", 0))
        : current;
  }

  private @Nullable Memory memoryUsed(Instant at) {
    if (!GuestFigures.fresh(values.number("balloon.last-update"), at)) {
      return null;
    }
    var available = values.number("balloon.available");
    var free = values.number("balloon.usable");
    if (free == null) {
      free = values.number("balloon.unused");
    }
    return available == null || free == null || available <= 0
        ? null
        : Memory.ofKiB(Math.max(0, available - free));
  }

  private boolean disksUnread() {
    boolean withSource = false;
    for (long i = 0; i < values.number("block.count", 0); i++) {
      if (values.has("block." + i + ".rd.bytes")) {
        return false;
      }
      withSource |= values.has("block." + i + ".path");
    }
    return withSource;
  }

  private long sum(String group, String counter) {
    long sum = 0;
    for (long i = 0; i < values.number(group + ".count", 0); i++) {
      sum += values.number(group + "." + i + "." + counter, 0);
    }
    return sum;
  }
}
