package org.dcbalance.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
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
 * first, over a short window (the rate) and a long one (the working set). One that is proposed to
 * be moved, or waits for that, is due more often. A guest with a migration is left alone.
 */
@Component
class DirtyRates {
  private static final Logger log = LoggerFactory.getLogger(DirtyRates.class);

  /** An order finds what it needs to expect the move of a proposed VM at its present load. */
  private static final Duration PROPOSED_EVERY = Duration.ofMinutes(1);

  private final JdbcClient jdbc;
  private final TelemetrySettings settings;
  private final Map<HostId, Done> done = new ConcurrentHashMap<>();

  private record Key(UUID guest, Duration window) {}

  private record Due(Key key, Instant at) {}

  /** What was measured on one host; its readings come one after the other. */
  private static final class Done {
    private Instant busyUntil = Instant.EPOCH;
    private boolean lastWasProposed;
    private final Map<Key, Instant> tried = new HashMap<>();
    private final Map<Key, Instant> stored = new HashMap<>();

    /** Guests that are gone, or elsewhere, are not remembered for ever. */
    void keep(Set<UUID> guests) {
      tried.keySet().removeIf(key -> !guests.contains(key.guest()));
      stored.keySet().removeIf(key -> !guests.contains(key.guest()));
    }
  }

  DirtyRates(JdbcClient jdbc, TelemetrySettings settings) {
    this.jdbc = jdbc;
    this.settings = settings;
  }

  /** Store what the reading brought, and start the next measurement of this host if it is time. */
  void follow(Host host, Hypervisor hypervisor, LoadReading reading, Map<UUID, VmId> vms) {
    var here = done.computeIfAbsent(host.id(), _ -> new Done());
    here.keep(
        reading.guests().stream().map(LoadReading.GuestCounters::uuid).collect(Collectors.toSet()));
    for (var guest : reading.guests()) {
      var measured = guest.dirtyRate();
      var vm = vms.get(guest.uuid());
      if (measured == null || vm == null) {
        continue;
      }
      var key = new Key(guest.uuid(), measured.window());
      if (!measured.startedAt().equals(here.stored.put(key, measured.startedAt()))) {
        store(vm, measured);
      }
    }
    if (settings.dirtyRateEvery().isZero() || !host.can(Capability.DIRTY_RATE)) {
      return;
    }
    if (Instant.now().isBefore(here.busyUntil)) {
      return;
    }
    startNext(host, hypervisor, reading, here);
  }

  private void startNext(Host host, Hypervisor hypervisor, LoadReading reading, Done here) {
    var now = Instant.now();
    var moving =
        Set.copyOf(
            jdbc.sql("select uuid from vm where moving_to is not null").query(UUID.class).list());
    var proposed =
        Set.copyOf(
            jdbc.sql(
                    """
                    select uuid from vm where id in (
                      select vm_id from recommendation where state = 'PROPOSED'
                      union select vm_id from migration where state = 'PENDING')
                    """)
                .query(UUID.class)
                .list());
    var every = settings.dirtyRateEvery();
    var often = every.compareTo(PROPOSED_EVERY) < 0 ? every : PROPOSED_EVERY;
    var next =
        reading.guests().stream()
            .map(LoadReading.GuestCounters::uuid)
            .filter(g -> !moving.contains(g))
            .flatMap(
                g ->
                    Stream.of(
                        new Key(g, settings.dirtyRateShort()),
                        new Key(g, settings.dirtyRateLong())))
            .map(
                k ->
                    new Due(
                        k,
                        here.tried
                            .getOrDefault(k, Instant.EPOCH)
                            .plus(proposed.contains(k.guest()) ? often : every)))
            .filter(due -> due.at().isBefore(now))
            // on a host with many guests all are overdue: those proposed have every second turn
            .min(
                Comparator.comparing(
                        (Due due) -> proposed.contains(due.key().guest()) == here.lastWasProposed)
                    .thenComparing(Due::at));
    if (next.isEmpty()) {
      return;
    }
    var key = next.get().key();
    here.lastWasProposed = proposed.contains(key.guest());
    here.tried.put(key, now);
    here.busyUntil = now.plus(key.window());
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
