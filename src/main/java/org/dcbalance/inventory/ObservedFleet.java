package org.dcbalance.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turn what each host shows into the one inventory: which VMs there are, where they are, and what
 * changed without us.
 */
@Component
class ObservedFleet {
  /** A list of guests older than this says nothing about where a VM is. */
  private static final Duration FRESH = Duration.ofSeconds(30);

  /** Moves are dated by the database's clock, lists by ours. */
  private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(2);

  private final JdbcClient jdbc;
  private final JsonMapper json;
  private final Placements placements;
  private final FleetEvents events;
  private final ApplicationEventPublisher publisher;
  private final Map<HostId, Shown> shown = new ConcurrentHashMap<>();
  private final Map<VmId, Integer> missed = new ConcurrentHashMap<>();

  ObservedFleet(
      JdbcClient jdbc,
      JsonMapper json,
      Placements placements,
      FleetEvents events,
      ApplicationEventPublisher publisher) {
    this.jdbc = jdbc;
    this.json = json;
    this.placements = placements;
    this.events = events;
    this.publisher = publisher;
  }

  private record Shown(Instant at, Map<UUID, GuestState> guests) {
    boolean runs(UUID guest) {
      return guests.get(guest) == GuestState.RUNNING && fresh();
    }

    boolean fresh() {
      return at.isAfter(Instant.now().minus(FRESH));
    }
  }

  private record HostRow(long id, long poolId, String name, String state) {}

  private record VmRow(
      long id,
      UUID uuid,
      String name,
      long hostId,
      String state,
      @Nullable Long movingTo,
      @Nullable Instant lastMovedAt,
      @Nullable Instant goneSince,
      @Nullable Long secondHostId) {
    boolean movedSince(Instant asked) {
      return lastMovedAt != null && lastMovedAt.plus(CLOCKS_DIFFER).isAfter(asked);
    }

    VmId vmId() {
      return new VmId(id);
    }
  }

  @Transactional
  void describe(HostId id, HostFacts facts) {
    var missing = new HashMap<String, String>();
    facts.missing().forEach((capability, why) -> missing.put(capability.name(), why));
    jdbc.sql(
            """
            update host set uuid = :uuid, hypervisor = :hypervisor, hypervisor_version = :version,
              library_version = :library, cores = :cores, memory_bytes = :memory,
              missing = cast(:missing as jsonb)
            where id = :id and removed_at is null
            """)
        .param("uuid", facts.uuid())
        .param("hypervisor", facts.hypervisor())
        .param("version", facts.hypervisorVersion())
        .param("library", facts.libraryVersion())
        .param("cores", facts.cores())
        .param("memory", facts.memory().bytes())
        .param("missing", json.writeValueAsString(missing))
        .param("id", id.value())
        .update();
  }

  @Transactional
  void unreachable(HostId id, String sentence) {
    host(id)
        .ifPresent(
            host -> {
              int changed =
                  jdbc.sql(
                          """
                          update host set state = 'DOWN', state_detail = :why,
                            state_since = case when state = 'DOWN' then state_since else now() end
                          where id = :id and (state <> 'DOWN' or state_detail <> :why)
                          """)
                      .param("why", sentence)
                      .param("id", id.value())
                      .update();
              if (changed > 0 && !host.state().equals("DOWN")) {
                events.record(
                    Severity.WARN,
                    "host-down",
                    new PoolId(host.poolId()),
                    id,
                    null,
                    host.name() + " does not answer: " + sentence);
              }
              if (changed > 0) {
                publisher.publishEvent(new InventoryChanged(id));
              }
            });
  }

  /**
   * Take over what a host showed.
   *
   * @param asked when it was asked; what it showed of a VM that moved since then says nothing
   */
  @Transactional
  void reconcile(HostId id, List<Guest> guests, Instant asked) {
    var found = host(id);
    if (found.isEmpty()) {
      return;
    }
    var host = found.get();
    var states = new HashMap<UUID, GuestState>();
    guests.forEach(g -> states.put(g.uuid(), g.state()));
    shown.put(id, new Shown(Instant.now(), Map.copyOf(states)));
    boolean changed = up(host);
    var known = new LinkedHashMap<UUID, VmRow>();
    rows(id, states.keySet()).forEach(r -> known.put(r.uuid(), r));
    for (var guest : guests) {
      changed |= place(host, guest, known.get(guest.uuid()), asked);
    }
    changed |= vanished(host, states.keySet(), known.values(), asked);
    changed |= secondCopiesEnded(host, states, known.values());
    if (changed) {
      publisher.publishEvent(new InventoryChanged(id));
    }
  }

  private boolean up(HostRow host) {
    boolean changed = !host.state().equals("UP");
    jdbc.sql(
            """
            update host set last_seen = clock_timestamp(), state = 'UP', state_detail = '',
              state_since = case when state = 'UP' then state_since else clock_timestamp() end
            where id = :id
            """)
        .param("id", host.id())
        .update();
    if (changed && host.state().equals("DOWN")) {
      events.record(
          Severity.INFO,
          "host-up",
          new PoolId(host.poolId()),
          new HostId(host.id()),
          null,
          host.name() + " answers again.");
    }
    return changed;
  }

  private boolean place(HostRow host, Guest guest, @Nullable VmRow known, Instant asked) {
    var here = new HostId(host.id());
    if (known == null) {
      var vm = new VmId(insert(host, guest));
      placements.begin(vm, here, "found");
      note(host, vm, "vm-found", guest.name() + " was found on " + host.name() + ".");
      return true;
    }
    missed.remove(known.vmId());
    boolean back = known.goneSince() != null;
    if (known.hostId() == host.id() || back) {
      if (back) {
        placements.place(known.vmId(), here, "found");
      }
      observe(host, guest, known);
      if (back) {
        note(host, known.vmId(), "vm-back", guest.name() + " is back, on " + host.name() + ".");
      }
      return back
          || !known.state().equals(guest.state().name())
          || !known.name().equals(guest.name());
    }
    if (known.movingTo() != null || known.movedSince(asked)) {
      return false;
    }
    var other = shown.get(new HostId(known.hostId()));
    boolean runsThere = other != null && other.runs(guest.uuid());
    if (guest.state() == GuestState.RUNNING && runsThere) {
      return reportSplit(host, guest, known);
    }
    boolean knownThere = other != null && other.guests().containsKey(guest.uuid());
    if (guest.state() != GuestState.RUNNING && (knownThere || other == null)) {
      // a left-over definition, or an incoming copy that does not run yet
      return false;
    }
    if (Objects.equals(known.secondHostId(), host.id()) && (other == null || !other.fresh())) {
      // the first copy may still run where nobody answers
      return false;
    }
    placements.place(known.vmId(), here, "moved outside DCbalance");
    observe(host, guest, known);
    events.record(
        Severity.WARN,
        "vm-moved-outside",
        new PoolId(host.poolId()),
        here,
        known.vmId(),
        guest.name() + " moved to " + host.name() + " outside DCbalance.");
    return true;
  }

  private boolean reportSplit(HostRow host, Guest guest, VmRow known) {
    if (Objects.equals(known.secondHostId(), host.id())) {
      return false;
    }
    jdbc.sql(
            "update vm set second_host_id = :host, second_since = clock_timestamp() where id = :id")
        .param("host", host.id())
        .param("id", known.id())
        .update();
    events.record(
        Severity.BAD,
        "vm-split",
        new PoolId(host.poolId()),
        new HostId(host.id()),
        known.vmId(),
        guest.name()
            + " appears to run on two hosts, "
            + host.name()
            + " and the one that the inventory shows. Nothing was changed. Maybe pause one copy now"
            + " and check its disks.");
    return true;
  }

  /** Where a second copy does not run any more, or is the only one, the VM runs once again. */
  private boolean secondCopiesEnded(
      HostRow host, Map<UUID, GuestState> shownHere, Iterable<VmRow> known) {
    boolean changed = false;
    for (var vm : known) {
      if (!Objects.equals(vm.secondHostId(), host.id())
          || (shownHere.get(vm.uuid()) == GuestState.RUNNING && vm.hostId() != host.id())) {
        continue;
      }
      jdbc.sql("update vm set second_host_id = null, second_since = null where id = :id")
          .param("id", vm.id())
          .update();
      note(
          host,
          vm.vmId(),
          "vm-split-over",
          vm.name() + " is not seen to run on two hosts any more.");
      changed = true;
    }
    return changed;
  }

  private boolean vanished(HostRow host, Set<UUID> present, Iterable<VmRow> known, Instant asked) {
    boolean changed = false;
    for (var vm : known) {
      if (vm.hostId() != host.id()
          || present.contains(vm.uuid())
          || vm.movingTo() != null
          || vm.movedSince(asked)
          || vm.goneSince() != null) {
        continue;
      }
      // one list may miss a guest that is just being moved by someone else: the second one counts
      if (missed.merge(vm.vmId(), 1, Integer::sum) < 2) {
        continue;
      }
      missed.remove(vm.vmId());
      jdbc.sql("update vm set gone_since = clock_timestamp(), state = 'UNKNOWN' where id = :id")
          .param("id", vm.id())
          .update();
      events.record(
          Severity.WARN,
          "vm-gone",
          new PoolId(host.poolId()),
          new HostId(host.id()),
          vm.vmId(),
          vm.name() + " vanished from " + host.name() + " without DCbalance.");
      changed = true;
    }
    return changed;
  }

  private Optional<HostRow> host(HostId id) {
    return jdbc.sql(
            "select id, pool_id, name, state from host where id = :id and removed_at is null for update")
        .param("id", id.value())
        .query(HostRow.class)
        .optional();
  }

  private List<VmRow> rows(HostId id, Set<UUID> uuids) {
    return jdbc.sql(
            """
            select id, uuid, name, host_id, state, moving_to, last_moved_at, gone_since,
              second_host_id
            from vm where host_id = :host or uuid = any(:uuids) or second_host_id = :host
            order by name, id
            """)
        .param("host", id.value())
        .param("uuids", new HashSet<>(uuids).toArray(UUID[]::new))
        .query(new SimplePropertyRowMapper<>(VmRow.class))
        .list();
  }

  private long insert(HostRow host, Guest guest) {
    return observed(
            jdbc.sql(
                """
                insert into vm (uuid, host_id, name, domain_id, os_type, state, vcpus,
                  cpu_time_nanos, max_memory_bytes, memory_bytes, disks, addresses, networks, cpu, ties)
                values (:uuid, :host, :name, :domain, :os, :state, :vcpus, :cpuTime, :maxMemory,
                  :memory, cast(:disks as jsonb), :addresses, :networks, cast(:cpu as jsonb),
                  cast(:ties as jsonb))
                returning id
                """),
            host,
            guest)
        .query(Long.class)
        .single();
  }

  private void observe(HostRow host, Guest guest, VmRow known) {
    observed(
            jdbc.sql(
                """
                update vm set name = :name, domain_id = :domain, os_type = :os, state = :state,
                  vcpus = :vcpus, cpu_time_nanos = :cpuTime, max_memory_bytes = :maxMemory,
                  memory_bytes = :memory, disks = cast(:disks as jsonb), addresses = :addresses,
                  networks = :networks, cpu = cast(:cpu as jsonb), ties = cast(:ties as jsonb),
                  last_seen = clock_timestamp(), gone_since = null
                where uuid = :uuid and host_id = :host
                """),
            host,
            guest)
        .update();
    missed.remove(known.vmId());
  }

  private JdbcClient.StatementSpec observed(
      JdbcClient.StatementSpec statement, HostRow host, Guest guest) {
    return statement
        .param("uuid", guest.uuid())
        .param("host", host.id())
        .param("name", guest.name())
        .param("domain", guest.domainId())
        .param("os", guest.osType())
        .param("state", guest.state().name())
        .param("vcpus", guest.vcpus())
        .param("cpuTime", guest.cpuTime().toNanos())
        .param("maxMemory", guest.maxMemory().bytes())
        .param("memory", guest.memory().bytes())
        .param("disks", json.writeValueAsString(guest.disks()))
        .param("addresses", guest.addresses().toArray(String[]::new))
        .param("networks", guest.networks().toArray(String[]::new))
        .param("cpu", json.writeValueAsString(Objects.requireNonNull(guest.cpu())))
        .param("ties", json.writeValueAsString(guest.ties()));
  }

  private void note(HostRow host, VmId vm, String kind, String sentence) {
    events.record(
        Severity.INFO, kind, new PoolId(host.poolId()), new HostId(host.id()), vm, sentence);
  }
}
