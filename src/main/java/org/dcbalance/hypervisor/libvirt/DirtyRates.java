package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.LoadReading.DirtyRate;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Tell one measurement of a guest's dirty rate from the next.
 *
 * <p>QEMU stamps a measurement with the seconds since its host was started, which only serves to
 * tell measurements apart; the instant that we give is ours.
 */
final class DirtyRates {
  private static final long MEASURED = 2;

  private final Map<UUID, Instant> ordered = new ConcurrentHashMap<>();
  private final Map<UUID, Known> known = new ConcurrentHashMap<>();

  /** The last one; null for when it was if it is older than our first look at the guest. */
  private record Known(long stamp, @Nullable Instant startedAt) {}

  /** Note that a measurement was just started. */
  void started(UUID guest, Instant at) {
    ordered.put(guest, at);
  }

  /**
   * Read the newest finished measurement out of a guest's statistics; null if there is none. One
   * that is there at the first look, and that we did not start, may be of any age.
   */
  @Nullable DirtyRate read(UUID guest, TypedParameters values, Instant at) {
    var megabytes = values.number("dirtyrate.megabytes_per_second");
    if (values.number("dirtyrate.calc_status", 0) != MEASURED
        || megabytes == null
        || megabytes < 0) {
      return null;
    }
    long stamp = values.number("dirtyrate.calc_start_time", 0);
    var window = Duration.ofSeconds(values.number("dirtyrate.calc_period", 0));
    var before = known.get(guest);
    if (before == null || before.stamp != stamp) {
      var start = ordered.remove(guest);
      var byOthers = before == null ? null : at.minus(window);
      before = new Known(stamp, start == null ? byOthers : start);
      known.put(guest, before);
    }
    var startedAt = before.startedAt;
    return startedAt == null ? null : new DirtyRate(startedAt, window, ByteRate.ofMiB(megabytes));
  }

  void keepOnly(Collection<UUID> guests) {
    known.keySet().retainAll(guests);
    ordered.keySet().retainAll(guests);
  }
}
