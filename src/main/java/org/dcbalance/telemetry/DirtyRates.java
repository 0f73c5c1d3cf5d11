package org.dcbalance.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Measure how fast guests change their memory: one guest per host at a time, the longest unmeasured
 * first, over a short window (the rate) and a long one (the working set). A guest with a migration
 * is left alone.
 */
@Component
class DirtyRates {
  private static final Logger log = LoggerFactory.getLogger(DirtyRates.class);

  private final JdbcClient jdbc;
  private final TelemetrySettings settings;
  private final Map<HostId, Instant> busyUntil = new ConcurrentHashMap<>();
  private final Map<Key, Instant> tried = new ConcurrentHashMap<>();
  private final Map<Key, Instant> stored = new ConcurrentHashMap<>();

  private record Key(UUID guest, Duration window) {}

  DirtyRates(JdbcClient jdbc, TelemetrySettings settings) {
    this.jdbc = jdbc;
    this.settings = settings;
  }

  /** Store what the reading brought, and start the next measurement of this host if it is time. */
  void follow(Host host, Hypervisor hypervisor, LoadReading reading, Map<UUID, VmId> vms) {
    for (var guest : reading.guests()) {
      var measured = guest.dirtyRate();
      var vm = vms.get(guest.uuid());
      if (measured == null || vm == null) {
        continue;
      }
      var key = new Key(guest.uuid(), measured.window());
      if (!measured.startedAt().equals(stored.put(key, measured.startedAt()))) {
        store(vm, measured);
      }
    }
    if (settings.dirtyRateEvery().isZero() || !host.can(Capability.DIRTY_RATE)) {
      return;
    }
    if (Instant.now().isBefore(busyUntil.getOrDefault(host.id(), Instant.EPOCH))) {
      return;
    }
    startNext(host, hypervisor, reading);
  }

  private void startNext(Host host, Hypervisor hypervisor, LoadReading reading) {
    var now = Instant.now();
    var moving =
        Set.copyOf(
            jdbc.sql("select uuid from vm where moving_to is not null").query(UUID.class).list());
    var next =
        reading.guests().stream()
            .map(LoadReading.GuestCounters::uuid)
            .filter(g -> !moving.contains(g))
            .flatMap(
                g ->
                    Stream.of(
                        new Key(g, settings.dirtyRateShort()),
                        new Key(g, settings.dirtyRateLong())))
            .filter(
                k ->
                    tried
                        .getOrDefault(k, Instant.EPOCH)
                        .plus(settings.dirtyRateEvery())
                        .isBefore(now))
            .min(Comparator.comparing((Key k) -> tried.getOrDefault(k, Instant.EPOCH)));
    if (next.isEmpty()) {
      return;
    }
    var key = next.get();
    tried.put(key, now);
    busyUntil.put(host.id(), now.plus(key.window()));
    try {
      hypervisor.measureDirtyRate(key.guest(), key.window());
    } catch (HypervisorException e) {
      log.debug("The dirty rate of {} on {} was not measured", key.guest(), host.name(), e);
    }
  }

  private void store(VmId vm, LoadReading.DirtyRate measured) {
    jdbc.sql(
            """
            insert into dirty_measurement (vm_id, at, window_millis, bytes_per_second)
            values (:vm, :at, :window, :rate)
            on conflict (vm_id, window_millis)
              do update set at = excluded.at, bytes_per_second = excluded.bytes_per_second
            """)
        .param("vm", vm.value())
        .param("at", OffsetDateTime.ofInstant(measured.startedAt(), ZoneOffset.UTC))
        .param("window", measured.window().toMillis())
        .param("rate", measured.rate().bytesPerSecond())
        .update();
  }
}
