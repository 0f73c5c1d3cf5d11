package org.dcbalance.migration;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Remove from targets what moves that did not complete had begun to copy of disks. Only files that
 * were not there when the move began, and only where both hosts agreed that the guest stayed: what
 * a person closed is left to that person. So is what lies where the guest is by now.
 */
@Component
class HalfCopies {
  private static final Logger log = LoggerFactory.getLogger(HalfCopies.class);

  private final JdbcClient jdbc;
  private final Migrations migrations;
  private final MigrationLog lines;
  private final Vms vms;
  private final Hosts hosts;
  private final Connections connections;
  private final Sweep sweep;

  HalfCopies(
      JdbcClient jdbc,
      Migrations migrations,
      MigrationLog lines,
      Vms vms,
      Hosts hosts,
      Connections connections,
      VmClaims claims,
      MigrationWork work) {
    this.jdbc = jdbc;
    this.migrations = migrations;
    this.lines = lines;
    this.vms = vms;
    this.hosts = hosts;
    this.connections = connections;
    this.sweep = new Sweep("migration-half-copies", jdbc, claims, work);
  }

  /**
   * Remove copies that were begun on a host.
   *
   * @return what failed, as sentences; empty if none is there any more
   */
  List<String> remove(Host target, List<CopiedDisk> disks) {
    var failed = new ArrayList<String>();
    for (var disk : disks) {
      try {
        connections.to(target).disks().remove(disk.path());
      } catch (HypervisorException e) {
        failed.add(e.sentence());
      } catch (Problem e) {
        failed.add(e.sentence());
      }
    }
    return List.copyOf(failed);
  }

  /** Look for what could not be removed then, in a thread of its own. */
  void sweep(Runnable confirm) {
    sweep.over(
        migrations.withHalfCopies().stream()
            .map(left -> new Sweep.Left<>(left.id(), left.vm().value(), left))
            .toList(),
        confirm,
        // a new move may have cleared them by the time that their turn comes
        left ->
            migrations
                .findById(left.migration())
                .filter(now -> now.storage().begun())
                .ifPresent(this::removed));
  }

  /**
   * Remove what earlier moves of a VM left, before a new one copies.
   *
   * @return whether nothing is left
   */
  boolean clear(VmId vm) {
    return sweep.alone(
        vm.value(),
        () ->
            migrations.withHalfCopies().stream()
                .filter(left -> left.vm().equals(vm))
                .map(this::removed)
                .toList()
                .stream()
                .allMatch(done -> done));
  }

  private boolean removed(Migration left) {
    var target = hosts.findById(left.target().value()).orElse(null);
    if (target == null) {
      return done(left, "The host with its half-copied disks is not known any more.");
    }
    if (isOn(target, left.vm())) {
      // under these paths there may be the disks that somebody brought there with it
      return done(
          left,
          "It is on %s by now, so what was copied of its disks there is left. Maybe look whether those are its own: %s."
              .formatted(target.name(), paths(left)));
    }
    var failed = remove(target, left.storage().disks());
    if (!failed.isEmpty()) {
      log.info("Migration {} left copies of disks: {}", left.id(), failed);
      return false;
    }
    return done(left, "Its half-copied disks were removed from " + target.name() + ", later.");
  }

  private boolean isOn(Host target, VmId vm) {
    return vms.findById(vm.value()).filter(known -> known.hostId().equals(target.id())).isPresent();
  }

  private static String paths(Migration left) {
    return String.join(", ", left.storage().disks().stream().map(CopiedDisk::path).toList());
  }

  private boolean done(Migration left, String sentence) {
    // in this order, so that an end in between loses no line: it is done once more then
    lines.add(left.id(), Phase.DONE, sentence);
    jdbc.sql("update migration set copies_begun = false, version = version + 1 where id = :id")
        .param("id", left.id())
        .update();
    sweep.done(left.id());
    return true;
  }
}
