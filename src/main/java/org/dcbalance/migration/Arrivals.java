package org.dcbalance.migration;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorEvent.GuestChanged;
import org.dcbalance.inventory.Connections;
import org.dcbalance.units.HostId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Remember when hosts said that a guest which came by a migration runs. */
@Component
class Arrivals {
  private record Arrival(UUID guest, HostId host) {}

  private final ConcurrentHashMap<Arrival, Instant> seen = new ConcurrentHashMap<>();

  private final JdbcClient jdbc;

  Arrivals(Connections connections, JdbcClient jdbc) {
    this.jdbc = jdbc;
    connections.listen(this::hear);
  }

  private void hear(HostId host, HypervisorEvent event) {
    if (event instanceof GuestChanged(var at, var guest, var what)
        && what.equals(GuestChanged.RESUMED_BY_MIGRATION)) {
      seen.put(new Arrival(guest, host), at);
    }
  }

  /** Give the last one since an instant; by this machine's clock. */
  Optional<Instant> since(Instant from, UUID guest, HostId host) {
    return Optional.ofNullable(seen.get(new Arrival(guest, host))).filter(at -> !at.isBefore(from));
  }

  /** Write down, for whoever takes over, that the guest of a migration has run on its target. */
  void ran(long migration) {
    jdbc.sql("update migration set ran_on_target = true where id = :id")
        .param("id", migration)
        .update();
  }

  /** Tell whether that was written down. */
  boolean hasRun(long migration) {
    return jdbc.sql("select ran_on_target from migration where id = :id")
        .param("id", migration)
        .query(Boolean.class)
        .single();
  }
}
