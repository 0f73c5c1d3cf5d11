package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.Vms;
import org.dcbalance.migration.Sweep.Left;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Put back what migrations that have ended left changed on their guests: because a host did not
 * answer then, or because a person closed the migration. What a running migration changed is its
 * drive's business.
 */
@Component
class LeftOvers {
  private static final Logger log = LoggerFactory.getLogger(LeftOvers.class);
  private static final Duration MAY_COME_BACK = Duration.ofDays(1);

  private final JdbcClient jdbc;
  private final MigrationLog lines;
  private final Vms vms;
  private final Hosts hosts;
  private final Connections connections;
  private final Sweep sweep;
  private final LostMarks lostMarks;

  LeftOvers(
      JdbcClient jdbc,
      MigrationLog lines,
      Vms vms,
      Hosts hosts,
      Connections connections,
      VmClaims claims,
      MigrationWork migrations,
      Installation installation,
      FleetEvents events) {
    this.jdbc = jdbc;
    this.lines = lines;
    this.vms = vms;
    this.hosts = hosts;
    this.connections = connections;
    this.sweep = new Sweep("migration-left-overs", jdbc, claims, migrations);
    this.lostMarks = new LostMarks(jdbc, vms, hosts, connections, installation, events, sweep);
  }

  /** What a move changed, and where its guest came from. */
  private record Changed(Undo undo, long source) {}

  /**
   * Look for them, and for what a restored database does not know of, each in a thread of its own,
   * unless the last look still goes on.
   */
  void sweep(Runnable confirm) {
    // what is to be put back may have changed by the time that its turn comes
    sweep.over(left(null), confirm, seen -> left(seen.vm()).forEach(this::putBack));
    lostMarks.look(confirm);
  }

  /**
   * Put back what earlier migrations of a VM left, before a new one writes down what it has.
   *
   * @return whether all of it is as it was
   */
  boolean clear(VmId vm) {
    return sweep.alone(
        vm.value(),
        () ->
            left(vm.value()).stream().map(this::putBack).toList().stream().allMatch(done -> done)
                && lostMarks.clear(vm.value()));
  }

  /** Newest first: what the oldest one found, before any other changed it, is put back last. */
  private List<Left<Changed>> left(@Nullable Long vm) {
    return jdbc.sql(
            """
            select id, vm_id, undo, source_id from migration
            where undo is not null and state not in ('PENDING', 'RUNNING', 'LOST')
              and (cast(:vm as bigint) is null or vm_id = :vm)
            order by id desc
            """)
        .param("vm", vm)
        .query(
            (row, n) ->
                new Left<>(
                    row.getLong(1),
                    row.getLong(2),
                    new Changed(Undo.parse(row.getString(3)), row.getLong(4))))
        .list();
  }

  private boolean putBack(Left<Changed> left) {
    var vm = vms.findById(left.vm()).orElse(null);
    var host = vm == null ? null : hosts.findById(vm.hostId().value()).orElse(null);
    if (vm == null || host == null) {
      return done(left, "What was changed on it went with it.");
    }
    var gone = vm.goneSince();
    if (gone != null) {
      // somebody may have moved it to where nobody looks, and bring it back as it is
      return gone.plus(MAY_COME_BACK).isBefore(Instant.now())
          && done(left, "What was changed on it went with it.");
    }
    try {
      var hypervisor = connections.to(host);
      var status = hypervisor.status(vm.uuid());
      if (status.isEmpty()) {
        // another host has it, which the inventory will know shortly
        return false;
      }
      boolean waits = left.what().undo().autostart() && mayStart(left.what().source(), host, vm);
      var undo = waits ? left.what().undo().withoutAutostart() : left.what().undo();
      boolean off = status.get().state() == GuestState.SHUT_OFF;
      var back =
          off
              ? PuttingBack.onDefinition(host, hypervisor, vm.uuid(), undo)
              : PuttingBack.on(host, hypervisor, vm.uuid(), undo, true);
      if (!back.failed().isEmpty()) {
        log.info("{} still has something to put back: {}", vm.name(), back.failed());
        return false;
      }
      // whoever closed the move by hand could not take it off
      if (!off && new JobMark(left.migration(), null).names(status.get().mark())) {
        hypervisor.mark(vm.uuid(), null);
      }
      var words = "Put back on " + host.name() + ", later: " + back.words() + ".";
      var sentence =
          off
              ? ended(undo, host) + (undo.autostart() ? " " + words : "")
              : undo.isEmpty() ? "Its mark was taken off on " + host.name() + ", later." : words;
      return waits ? waits(left, undo, sentence) : done(left, sentence);
    } catch (HypervisorException e) {
      log.info("{} still has something to put back: {}", vm.name(), e.sentence());
      return false;
    } catch (Problem e) {
      log.info("{} still has something to put back: {}", vm.name(), e.sentence());
      return false;
    }
  }

  /** Two hosts that both start a guest by themselves run two copies of it one day. */
  private boolean mayStart(long source, Host host, Vm vm) {
    var from = hosts.findById(source).orElse(null);
    if (from == null || from.id().equals(host.id())) {
      return false;
    }
    try {
      var there = connections.to(from);
      return there.status(vm.uuid()).isPresent() && there.autostart(vm.uuid());
    } catch (HypervisorException | Problem e) {
      return true;
    }
  }

  /** Nothing is left but its autostart, which no move of it has to wait for. */
  private boolean waits(Left<Changed> left, Undo putBack, String sentence) {
    if (!putBack.isEmpty()) {
      lines.add(left.migration(), Phase.DONE, sentence);
      jdbc.sql("update migration set undo = :undo, version = version + 1 where id = :id")
          .param("undo", Undo.AUTOSTART.text())
          .param("id", left.migration())
          .update();
    }
    return true;
  }

  /** Xen's driver defines a guest that arrives by what runs, so one that was ballooned by less. */
  private static String ended(Undo undo, Host host) {
    var memory = undo.memory();
    return memory == null || !host.hypervisor().equals("Xen")
        ? "What was changed on it ended when it was shut off."
        : "It was shut off before it had its %s back, and %s may have it defined with less. Maybe look there before it is started."
            .formatted(Undo.words(memory), host.name());
  }

  private boolean done(Left<Changed> left, String sentence) {
    // in this order, so that an end in between loses no line: it is done once more then
    lines.add(left.migration(), Phase.DONE, sentence);
    jdbc.sql("update migration set undo = null, version = version + 1 where id = :id")
        .param("id", left.migration())
        .update();
    sweep.done(left.migration());
    return true;
  }
}
