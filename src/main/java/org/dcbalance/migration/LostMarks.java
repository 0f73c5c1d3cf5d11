package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Put back what moves changed of which a restored database knows nothing: their guests carry it in
 * their marks. Only marks from the past of this installation are taken for such, once an
 * administrator has confirmed the database, and only where no job runs.
 */
final class LostMarks {
  private static final Logger log = LoggerFactory.getLogger(LostMarks.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

  private final JdbcClient jdbc;
  private final Vms vms;
  private final Hosts hosts;
  private final Connections connections;
  private final Installation installation;
  private final FleetEvents events;
  private final Sweep sweep;
  private final Set<Long> looked = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean underWay = new AtomicBoolean();
  private volatile Set<UUID> lookedFor = Set.of();
  private volatile Instant next = Instant.EPOCH;

  /**
   * Be ready to.
   *
   * @param sweep keeps two from working on one VM
   */
  LostMarks(
      JdbcClient jdbc,
      Vms vms,
      Hosts hosts,
      Connections connections,
      Installation installation,
      FleetEvents events,
      Sweep sweep) {
    this.jdbc = jdbc;
    this.vms = vms;
    this.hosts = hosts;
    this.connections = connections;
    this.installation = installation;
    this.events = events;
    this.sweep = sweep;
  }

  /**
   * Look at each guest once after a database was confirmed, in a thread of its own; again at those
   * whose host did not answer.
   */
  void look(Runnable confirm) {
    var now = Instant.now();
    if (now.isBefore(next) || !underWay.compareAndSet(false, true)) {
      return;
    }
    next = now.plus(BETWEEN_LOOKS);
    Thread.ofPlatform()
        .daemon()
        .name("migration-lost-marks")
        .start(
            () -> {
              try {
                lookAtAll(confirm);
              } catch (RuntimeException e) {
                log.warn("Marks that restored databases do not know were not looked for", e);
              } finally {
                underWay.set(false);
              }
            });
  }

  private void lookAtAll(Runnable confirm) {
    var former = installation.formerIds();
    if (!former.equals(lookedFor)) {
      looked.clear();
      lookedFor = former;
    }
    if (former.isEmpty()) {
      return;
    }
    for (var known : vms.summaries()) {
      long id = known.id().value();
      if (looked.contains(id)) {
        continue;
      }
      confirm.run();
      if (sweep.alone(id, () -> sweep.isFree(id) && clear(id, former))) {
        looked.add(id);
      }
    }
  }

  /**
   * Put back what a lost move of a VM changed, with nobody else working on it.
   *
   * @return whether nothing is left of one
   */
  boolean clear(long id) {
    var former = installation.formerIds();
    return former.isEmpty() || clear(id, former);
  }

  private boolean clear(long id, Set<UUID> former) {
    var vm = vms.findById(id).orElse(null);
    var host = vm == null ? null : hosts.findById(vm.hostId().value()).orElse(null);
    if (vm == null || host == null) {
      return true;
    }
    try {
      var hypervisor = connections.to(host);
      // another host may have it, which the inventory will know shortly
      var status = hypervisor.status(vm.uuid()).orElse(null);
      return status != null && clear(vm, host, hypervisor, status, former);
    } catch (HypervisorException e) {
      log.info("{} may have something to put back: {}", vm.name(), e.sentence());
      return false;
    } catch (Problem e) {
      log.info("{} may have something to put back: {}", vm.name(), e.sentence());
      return false;
    }
  }

  private boolean clear(
      Vm vm, Host host, Hypervisor hypervisor, GuestStatus status, Set<UUID> former) {
    var mark = status.mark();
    var written = JobMark.read(mark).filter(w -> former.contains(w.installation()));
    if (mark == null
        || written.isEmpty()
        || status.state() == GuestState.SHUT_OFF
        || isRecorded(mark)) {
      return true;
    }
    if (status.state() != GuestState.RUNNING || status.job() != Job.NONE) {
      return false;
    }
    // its longest pause is set anew for each move
    var was = written.get().undo();
    var undo = new Undo(was.cap(), was.memory(), null, was.weight(), false);
    var back = PuttingBack.on(host, hypervisor, vm.uuid(), undo, false);
    if (!back.failed().isEmpty()) {
      log.info("{} still has something to put back: {}", vm.name(), back.failed());
      return false;
    }
    boolean lostAutostart = was.autostart() && !hypervisor.autostart(vm.uuid());
    hypervisor.mark(vm.uuid(), null);
    events.record(
        Severity.WARN,
        "migration-lost-mark",
        host.poolId(),
        host.id(),
        vm.id(),
        "%s carried the mark of a move that this database knows nothing of. %s%s"
            .formatted(
                vm.name(),
                undo.isEmpty()
                    ? "It was taken off."
                    : "Put back on " + host.name() + ": " + back.words() + ".",
                lostAutostart ? startsNoMore(host) : ""));
    return true;
  }

  /** Where it came from is not known, and may still start it: two hosts must not. */
  private static String startsNoMore(Host host) {
    return " Its host started it by itself before that move, and %s does not. Maybe set its autostart there once no other host has a definition of it."
        .formatted(host.name());
  }

  /** What a migration is recorded to have changed is put back by its record. */
  private boolean isRecorded(String mark) {
    return jdbc.sql("select exists (select from migration where mark = :mark)")
        .param("mark", mark)
        .query(Boolean.class)
        .single();
  }
}
