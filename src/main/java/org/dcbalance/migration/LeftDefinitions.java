package org.dcbalance.migration;

import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.Vms;
import org.dcbalance.migration.Sweep.Left;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Remove from sources the definitions of guests that have moved away: whoever starts one of them
 * there starts a second copy. Only where the host calls it shut off and another one runs the guest.
 */
@Component
class LeftDefinitions {
  private static final Logger log = LoggerFactory.getLogger(LeftDefinitions.class);

  private final JdbcClient jdbc;
  private final MigrationLog lines;
  private final Vms vms;
  private final Hosts hosts;
  private final Connections connections;
  private final Sweep sweep;

  LeftDefinitions(
      JdbcClient jdbc,
      MigrationLog lines,
      Vms vms,
      Hosts hosts,
      Connections connections,
      VmClaims claims,
      MigrationWork migrations) {
    this.jdbc = jdbc;
    this.lines = lines;
    this.vms = vms;
    this.hosts = hosts;
    this.connections = connections;
    this.sweep = new Sweep("migration-left-definitions", jdbc, claims, migrations);
  }

  /** Look for what could not be removed then, in a thread of its own. */
  void sweep(Runnable confirm) {
    sweep.over(left(), confirm, this::removeLater);
  }

  /**
   * Remove a guest's definition from a host that it has left.
   *
   * @return a sentence why it is still there; null if it is not
   */
  @Nullable String remove(UUID guest, Host from, Host runsOn) {
    try {
      var there = connections.to(from);
      var left = there.status(guest);
      if (left.isEmpty()) {
        return null;
      }
      if (left.get().state() != GuestState.SHUT_OFF) {
        return from.name() + " does not call it shut off.";
      }
      var runs = connections.to(runsOn).status(guest);
      if (runs.isEmpty() || runs.get().state() == GuestState.SHUT_OFF) {
        return "It is not seen to run on %s, so its definition stays.".formatted(runsOn.name());
      }
      // whether or not it can be removed: its host would start a second copy when it starts itself
      boolean started = there.autostart(guest);
      if (started) {
        there.setAutostart(guest, false);
      }
      if (!runs.get().persistent()) {
        return "%s keeps no definition of it, so that this one may be the only one and stays.%s"
            .formatted(runsOn.name(), started ? " Its autostart was turned off." : "");
      }
      there.undefine(guest);
      return null;
    } catch (HypervisorException e) {
      return e.sentence();
    } catch (Problem e) {
      return e.sentence();
    }
  }

  private List<Left<Long>> left() {
    return jdbc.sql(
            """
            select id, vm_id, source_id from migration
            where definition_left and state not in ('PENDING', 'RUNNING', 'LOST') order by id
            """)
        .query((row, n) -> new Left<>(row.getLong(1), row.getLong(2), row.getLong(3)))
        .list();
  }

  private void removeLater(Left<Long> left) {
    var vm = vms.findById(left.vm()).orElse(null);
    var from = hosts.findById(left.what()).orElse(null);
    if (vm == null || from == null) {
      done(left, "The host with its left-over definition is not known any more.");
      return;
    }
    if (vm.goneSince() != null) {
      done(
          left,
          "It runs on no host that is known, so its definition on %s stays: it may be the only one."
              .formatted(from.name()));
      return;
    }
    if (vm.hostId().equals(from.id())) {
      done(left, "It is on " + from.name() + " again, so its definition there is in use.");
      return;
    }
    var runsOn = hosts.findById(vm.hostId().value()).orElse(null);
    var why = runsOn == null ? "Its host is not known." : remove(vm.uuid(), from, runsOn);
    if (why == null) {
      done(left, "No definition of it is left on " + from.name() + " any more.");
    } else {
      log.info("{} still has a definition on {}: {}", vm.name(), from.name(), why);
    }
  }

  private void done(Left<Long> left, String sentence) {
    // in this order, so that an end in between loses no line: it is done once more then
    lines.add(left.migration(), Phase.DONE, sentence);
    jdbc.sql("update migration set definition_left = false, version = version + 1 where id = :id")
        .param("id", left.migration())
        .update();
    sweep.done(left.migration());
  }
}
