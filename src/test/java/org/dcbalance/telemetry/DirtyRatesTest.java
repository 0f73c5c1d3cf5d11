package org.dcbalance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Partly;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ConsoleTest
class DirtyRatesTest {
  @Autowired private JdbcClient jdbc;
  @Autowired private Hosts hosts;
  @Autowired private TelemetrySettings settings;

  @Test
  void whatIsProposedIsMeasuredBeforeAllOthers() {
    try (var pool = new RecordedPool(jdbc, "dirty-" + UUID.randomUUID(), 2)) {
      var host = first(pool);
      var guests = guestsOf(host);
      var last = guests.getLast();
      propose(pool, host, last);
      var measured = new ArrayList<UUID>();
      new DirtyRates(jdbc, settings)
          .follow(host, Partly.of(Hypervisor.class, new Measuring(measured)), of(guests), Map.of());
      jdbc.sql("delete from recommendation where pool_id = :pool")
          .param("pool", pool.id())
          .update();
      assertThat(measured).containsExactly(last);
    }
  }

  /** Where there are so many guests that all of them are always overdue. */
  @Test
  void whatIsProposedIsMeasuredAgainBeforeOthersThatAreOverdueForLonger() {
    try (var pool = new RecordedPool(jdbc, "dirty-" + UUID.randomUUID(), 2)) {
      var host = first(pool);
      var guests = guestsOf(host);
      propose(pool, host, guests.getLast());
      var moment = Duration.ofMillis(1);
      var days = Duration.ofDays(30);
      var often =
          new TelemetrySettings(
              Duration.ofSeconds(5), days, days, days, moment, moment, Duration.ofMillis(2));
      var measured = new ArrayList<UUID>();
      var rates = new DirtyRates(jdbc, often);
      Await.until(
          "five measurements, one after the other",
          Duration.ofSeconds(10),
          moment,
          () -> {
            rates.follow(
                host, Partly.of(Hypervisor.class, new Measuring(measured)), of(guests), Map.of());
            return measured.size();
          },
          count -> count >= 5);
      jdbc.sql("delete from recommendation where pool_id = :pool")
          .param("pool", pool.id())
          .update();
      assertThat(measured)
          .as("every second turn")
          .hasSize(5)
          .element(0)
          .isEqualTo(guests.getLast());
      assertThat(measured).filteredOn(guests.getLast()::equals).hasSize(3);
    }
  }

  /** A hypervisor that notes what it is to measure. */
  private record Measuring(List<UUID> measured) {
    @SuppressWarnings("unused") // called in its stead
    void measureDirtyRate(UUID guest, Duration window) {
      measured.add(guest);
    }
  }

  private Host first(RecordedPool pool) {
    return hosts.findByPoolIdOrderByName(pool.id()).getFirst();
  }

  private List<UUID> guestsOf(Host host) {
    return jdbc.sql("select uuid from vm where host_id = :host order by id")
        .param("host", host.id().value())
        .query(UUID.class)
        .list();
  }

  private void propose(RecordedPool pool, Host host, UUID guest) {
    jdbc.sql(
            """
            insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
            select :pool, v.id, :source, (select max(id) from host where pool_id = :pool), 'HIGH', 'PROPOSED',
              'busy', 'free', '[]', '{}', 0.1, 0.3, 0.2, now(), now() + interval '15 minutes'
            from vm v where v.uuid = :guest
            """)
        .param("pool", pool.id())
        .param("source", host.id().value())
        .param("guest", guest)
        .update();
  }

  private static LoadReading of(List<UUID> guests) {
    return new LoadReading(
        Instant.now(),
        0,
        new LoadReading.HostCounters(Duration.ZERO, 4, Memory.ZERO, Memory.ofMiB(32_768)),
        guests.stream()
            .map(
                guest ->
                    new LoadReading.GuestCounters(
                        guest, Duration.ZERO, 1, Memory.ofMiB(512), null, 0, 0, 0, 0, null))
            .toList());
  }
}
