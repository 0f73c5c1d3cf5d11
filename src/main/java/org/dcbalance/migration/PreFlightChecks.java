package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongPredicate;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.RuleBreaks;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Gather the facts for the pre-flight checks, from the inventory and from both hosts. */
@Component
public class PreFlightChecks {
  private static final long NONE = -1;

  /** Of what begins at the same time the one that was asked for later makes way. */
  private static final String THEIR_WAY =
      """
      where m.target_id = :target and m.id <> :self
        and (m.state = 'LOST'
          or m.state = 'RUNNING' and (m.phase <> 'CHECKS' or m.id < :self or :self < 0))
      """;

  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;
  private final Connections connections;
  private final JdbcClient jdbc;
  private final MigrationSettings settings;
  private final Clock clock;
  private final VmClaims claims;
  private final MigrationWork work;
  private final RuleBreaks rules;

  PreFlightChecks(
      Vms vms,
      Hosts hosts,
      Pools pools,
      Connections connections,
      JdbcClient jdbc,
      MigrationSettings settings,
      Clock clock,
      VmClaims claims,
      MigrationWork work,
      RuleBreaks rules) {
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
    this.connections = connections;
    this.jdbc = jdbc;
    this.settings = settings;
    this.clock = clock;
    this.claims = claims;
    this.work = work;
    this.rules = rules;
  }

  /**
   * Check whether a VM could start to move to a host now. Asks both hosts; takes as long as they
   * do.
   *
   * @return all checks, in a fixed order
   * @throws Problem if there is no such VM or host
   */
  public List<Check> of(VmId vm, HostId target) {
    return of(vm, target, false);
  }

  /** The same, with its disks copied where they lie on its host alone. */
  List<Check> of(VmId vm, HostId target, boolean withStorage) {
    return of(vm, target, NONE, withStorage);
  }

  /**
   * Check the same for a move by hand, and whether it would break a placement rule. Moves that are
   * proposed keep to the rules as a whole, even where one of them alone does not.
   */
  public List<Check> byHand(VmId vm, HostId target, boolean withStorage) {
    var all = new ArrayList<>(of(vm, target, withStorage));
    all.add(rules(vm, target, _ -> true));
    return List.copyOf(all);
  }

  /** Check whether a single move breaks a placement rule among those with certain ids. */
  Check rules(VmId vm, HostId target, LongPredicate among) {
    var broken = rules.by(vm, target).stream().filter(rule -> among.test(rule.id())).toList();
    return new Check(
        "Keeps placement rules",
        broken.isEmpty(),
        broken.isEmpty()
            ? "It breaks no placement rule."
            : String.join(
                " ",
                broken.stream()
                    .map(
                        rule ->
                            "It would break the rule \"%s\": %s."
                                .formatted(rule.name(), PlacementRules.said(rule)))
                    .toList()));
  }

  /** Check for a migration that is queued already, which must not stand in its own way. */
  List<Check> of(VmId vmId, HostId targetId, long migration, boolean withStorage) {
    var vm = vms.findById(vmId.value()).orElseThrow(() -> missing("virtual machine", vmId.value()));
    var source = host(vm.hostId());
    var target = host(targetId);
    var pool =
        pools
            .findById(source.poolId().value())
            .orElseThrow(() -> missing("pool", source.poolId().value()));
    var all =
        new ArrayList<>(
            PreFlight.of(
                known(vm, source, target, pool, migration),
                asked(
                    vm,
                    source,
                    target,
                    migration,
                    withStorage
                        ? disks(vm, source, target, pool, migration)
                        : new DiskChecks.Disks.NotAsked())));
    all.add(runsOnce(vm));
    all.add(peer(target));
    return List.copyOf(all);
  }

  private Check runsOnce(Vm vm) {
    var name = "Runs once";
    var second = vm.secondHost();
    return second == null
        ? PreFlight.yes(name, vm.name() + " is seen to run on one host.")
        : PreFlight.no(
            name,
            "%s appears to run on %s as well. Maybe pause one copy now and check its disks."
                .formatted(vm.name(), host(second).name()));
  }

  /** Check whether the source's daemon can use the target's URI, which may hold files of ours. */
  private Check peer(Host target) {
    var name = "Target can be reached";
    try {
      connections.checkPeer(target.reachedAt());
      return PreFlight.yes(name, "Other hosts can use the URI of " + target.name() + ".");
    } catch (Problem notForPeers) {
      return PreFlight.no(
          name,
          "Other hosts cannot use the URI of %s. Maybe enter a peer URI for it."
              .formatted(target.name()));
    }
  }

  private PreFlight.Known known(Vm vm, Host source, Host target, HostPool pool, long migration) {
    return new PreFlight.Known(
        new PreFlight.Policy(
            pool.name(),
            pool.automation() == HostPool.Automation.OBSERVE,
            pool.paused(),
            pool::shares,
            pool.networks(),
            pool.simulated()),
        new PreFlight.Subject(
            vm.name(),
            vm.neverMove(),
            vm.neverMoveNote(),
            memory(vm, source),
            vm.disks(),
            vm.ties(),
            vm.networks(),
            MoveOrders.encrypted(vm, pool)),
        machine(source),
        machine(target),
        source.poolId().equals(target.poolId()),
        otherMove(vm, migration).or(() -> claims.otherThan(work, vm.id())).orElse(null),
        settings.freshWithin());
  }

  /** After a ballooned move a host's daemon may list less than the guest has again. */
  private Memory memory(Vm vm, Host source) {
    try {
      var now = connections.to(source).memory(vm.uuid()).now();
      return now.compareTo(vm.memory()) > 0 ? now : vm.memory();
    } catch (HypervisorException e) {
      // whether the source answers is a check of its own
      return vm.memory();
    }
  }

  private PreFlight.Machine machine(Host host) {
    var seen = host.lastSeen();
    return new PreFlight.Machine(
        host.name(),
        host.state() == Host.State.UP,
        host.stateDetail(),
        host.maintenance(),
        seen == null ? null : Duration.between(seen, clock.instant()),
        host.missing().get(Capability.LIVE_MIGRATION),
        host.missing().get(Capability.ENCRYPTION));
  }

  private PreFlight.Asked asked(
      Vm vm, Host source, Host target, long migration, DiskChecks.Disks disks) {
    return new PreFlight.Asked(
        ask(source, h -> Side.of(h.look(vm.uuid(), vm.name())), Side.Unknown::new),
        ask(target, h -> Side.of(h.look(vm.uuid(), vm.name())), Side.Unknown::new),
        ask(target, h -> room(h, vm, source, target, migration), PreFlight.Room.Untold::new),
        ask(target, h -> new PreFlight.Cpu.Told(h.fits(vm.cpu())), PreFlight.Cpu.Untold::new),
        disks);
  }

  private DiskChecks.Disks disks(Vm vm, Host source, Host target, HostPool pool, long migration) {
    for (var host : List.of(source, target)) {
      var cannot = host.missing().get(Capability.DISK_COPY);
      if (cannot != null) {
        return new DiskChecks.Disks.Impossible(
            "The disks of %s cannot be copied with it, since %s cannot: %s."
                .formatted(vm.name(), host.name(), cannot));
      }
    }
    var targets = MoveOrders.local(vm, pool);
    try {
      var disks =
          targets.isEmpty()
              ? List.<DiskStorage.LocalDisk>of()
              : connections.to(source).disks().read(vm.uuid(), targets);
      if (disks.size() < targets.size()) {
        return new DiskChecks.Disks.Impossible(
            "%s does not know all disks of %s any more.".formatted(source.name(), vm.name()));
      }
      var places = new ArrayList<DiskChecks.Found>();
      for (var disk : disks) {
        places.add(
            new DiskChecks.Found(
                disk,
                connections.to(target).disks().place(disk.path()),
                promisedBeside(disk.path(), target, migration)));
      }
      return new DiskChecks.Disks.Told(places);
    } catch (HypervisorException e) {
      return Passing.of(e.kind()) == null
          ? new DiskChecks.Disks.Impossible(e.sentence())
          : new DiskChecks.Disks.Untold(e.sentence());
    } catch (Problem e) {
      return new DiskChecks.Disks.Untold(e.sentence());
    }
  }

  private <T> T ask(
      Host host, Function<Hypervisor, ? extends T> question, Function<String, T> otherwise) {
    try {
      return question.apply(connections.to(host));
    } catch (HypervisorException e) {
      return otherwise.apply(e.sentence());
    } catch (Problem e) {
      return otherwise.apply(e.sentence());
    }
  }

  private PreFlight.Room room(
      Hypervisor hypervisor, Vm vm, Host source, Host target, long migration) {
    var pages = hugePages(vm, source);
    if (pages.isPresent()) {
      var free = hypervisor.freeHugePages(pages.get());
      return new PreFlight.Room.Huge(vm.maxMemory(), free);
    }
    var now = hypervisor.readLoad().host();
    return new PreFlight.Room.Told(
        now.memoryTotal().minus(now.memoryUsed()), promised(target, migration));
  }

  private Optional<List<Memory>> hugePages(Vm vm, Host source) {
    try {
      return connections.to(source).hugePages(vm.uuid());
    } catch (HypervisorException e) {
      // whether the source answers is a check of its own
      return Optional.empty();
    }
  }

  /** Add up the guests on their way to a host, whose memory it may not count yet. */
  private Memory promised(Host target, long migration) {
    return new Memory(
        jdbc.sql(
                """
                select coalesce(sum(v.memory_bytes), 0) from migration m join vm v on v.id = m.vm_id
                """
                    + THEIR_WAY)
            .param("target", target.id().value())
            .param("self", migration)
            .query(Long.class)
            .single());
  }

  /**
   * Add up the disks on their way to a file's folder: their copies grow there, and a storage pool
   * that is full stops all guests that write to it.
   */
  private Memory promisedBeside(String path, Host target, long migration) {
    return new Memory(
        jdbc.sql(
                """
                select coalesce(sum(cast(d->>'capacity' as bigint)), 0)
                from migration m cross join lateral jsonb_path_query(m.disks, '$[*]') d
                """
                    + THEIR_WAY
                    + " and regexp_replace(d->>'path', '[^/]*$', '') = :folder")
            .param("target", target.id().value())
            .param("self", migration)
            .param("folder", path.substring(0, path.lastIndexOf('/') + 1))
            .query(Long.class)
            .single());
  }

  private Optional<String> otherMove(Vm vm, long migration) {
    return jdbc.sql(
            """
            select id, state from migration
            where vm_id = :vm and id <> :self and state in ('PENDING', 'RUNNING', 'LOST')
            order by id limit 1
            """)
        .param("vm", vm.id().value())
        .param("self", migration)
        .query(
            (row, n) ->
                "Migration "
                    + row.getLong("id")
                    + " of "
                    + vm.name()
                    + " is "
                    + row.getString("state")
                    + " and must end first.")
        .optional();
  }

  private Host host(HostId id) {
    return hosts.require(id);
  }

  private static Problem missing(String what, long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no " + what + " " + id + ".", null);
  }
}
