package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.HostId;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Look at the table of checkpoints, and give each that needs work a thread of its own, while this
 * console holds the lease. What an earlier console left in the middle is cleaned up, or taken up
 * where the hosts say that it is.
 */
@Component
class CheckpointRunner {
  /** Checkpoints taken of VMs of one host at a time: they share its disks. */
  private static final int PER_HOST = 1;

  /** A deletion that waits reads its whole storage each time. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private final CheckpointRows rows;
  private final CaptureRows captures;
  private final FastCopies fast;
  private final CheckpointVerifier verifier;
  private final CheckpointReaders readers;
  private final Restores restores;
  private final RestoreRows restoreRows;
  private final Connections connections;
  private final Hosts hosts;
  private final Vms vms;
  private final HostFencing fencing;
  private final Ledgers ledgers;
  private final FleetEvents events;

  private final OneThreadEach threads = new OneThreadEach("checkpoint");
  private final OneThreadEach restoring = new OneThreadEach("restore");

  /** Hosts on which a VM is being brought back: the next one looks once that has its memory. */
  private final Set<HostId> targets = ConcurrentHashMap.newKeySet();

  /** When deletions that wait are looked at again, in nanoseconds. */
  private final Map<Long, Long> later = new ConcurrentHashMap<>();

  CheckpointRunner(
      CheckpointRows rows,
      CaptureRows captures,
      FastCopies fast,
      CheckpointVerifier verifier,
      CheckpointReaders readers,
      Restores restores,
      RestoreRows restoreRows,
      Connections connections,
      Hosts hosts,
      Vms vms,
      HostFencing fencing,
      Ledgers ledgers,
      FleetEvents events) {
    this.rows = rows;
    this.captures = captures;
    this.fast = fast;
    this.verifier = verifier;
    this.readers = readers;
    this.restores = restores;
    this.restoreRows = restoreRows;
    this.connections = connections;
    this.hosts = hosts;
    this.vms = vms;
    this.fencing = fencing;
    this.ledgers = ledgers;
    this.events = events;
  }

  @Scheduled(fixedDelay = 1000)
  void look() {
    ledgers.look("Checkpoints", this::startAll);
  }

  private void startAll(Ledger ledger) {
    var open = rows.open();
    for (var checkpoint : open) {
      if (!ofCluster(checkpoint) && !rests(checkpoint) && hasTurn(checkpoint, open, threads::has)) {
        threads.start(checkpoint.id(), () -> work(checkpoint.id(), ledger));
      }
    }
  }

  /** Tell whether it is taken with others, which another runner sees to. */
  private static boolean ofCluster(Checkpoint checkpoint) {
    return checkpoint.clusterCheckpointId() != null
        && (checkpoint.state() == State.PENDING || checkpoint.state() == State.TAKING);
  }

  /**
   * Tell whether one that waits may be taken now. What else goes on there, such as a restore that
   * waits for days, is no reason to wait.
   *
   * @param inHand which of those that are open a thread works on
   */
  static boolean hasTurn(Checkpoint checkpoint, List<Checkpoint> open, LongPredicate inHand) {
    return checkpoint.state() != State.PENDING
        || open.stream()
                .filter(c -> c.hostId().equals(checkpoint.hostId()))
                .filter(
                    c ->
                        c.state() == State.TAKING
                            || (c.state() == State.PENDING && inHand.test(c.id())))
                .count()
            < PER_HOST;
  }

  private void work(long id, Ledger ledger) {
    var checkpoint = rows.find(id).orElseThrow();
    if (ofCluster(checkpoint)) {
      return;
    }
    var vm = vms.findById(checkpoint.vmId().value()).orElseThrow();
    switch (checkpoint.state()) {
      case PENDING -> {
        new Taking(rows, ledger, checkpoint, vm, to(checkpoint.hostId())).run();
        tell(checkpoint.id(), vm);
      }
      case TAKING ->
          // not by this console, which would have it in hand
          ledger.write(
              checkpoint.id(),
              () -> {
                rows.step(checkpoint.id(), State.CLEANING, "", ledger.epoch());
                rows.say(checkpoint.id(), "The console ended while it was being taken.");
              });
      case CLEANING -> clean(checkpoint, vm, ledger);
      case VERIFYING -> verifier.verify(checkpoint, ledger);
      case DELETING -> delete(checkpoint, ledger);
      case COMPLETE, FAILED, DAMAGED, DELETED ->
          // disks are copied for hours, and another restore must not wait for that
          checkpoint.restores().stream()
              .filter(r -> r.state().open())
              .forEach(r -> restoring.start(r.id(), () -> workOn(id, r.id(), ledger)));
    }
  }

  /** A host that is said to be off is not waited for: its VMs are to be restored elsewhere. */
  private void clean(Checkpoint checkpoint, Vm vm, Ledger ledger) {
    var cleaning = new Cleaning(rows, captures, fast, ledger, checkpoint);
    if (fencing.fenced().contains(checkpoint.hostId())
        || hosts.findById(checkpoint.hostId().value()).isEmpty()) {
      cleaning.leave(vm);
    } else {
      cleaning.run(vm, to(checkpoint.hostId()));
    }
  }

  private void workOn(long id, long restoreId, Ledger ledger) {
    var checkpoint = rows.find(id).orElseThrow();
    var restore = restoreRows.find(restoreId);
    var vm = vms.findById(checkpoint.vmId().value()).orElseThrow();
    if (restore.state() == RestoreState.DETACHING) {
      detach(checkpoint, restore, vm, ledger);
    } else if (restore.clusterRestoreId() != null) {
      // another runner sees to it
      return;
    } else if (restore.state() == RestoreState.RESTORING) {
      restore(checkpoint, restore, vm, ledger);
    } else if (restore.state() == RestoreState.PENDING && targets.add(restore.hostId())) {
      try {
        begin(checkpoint, restore, vm, ledger);
      } finally {
        targets.remove(restore.hostId());
      }
    }
  }

  /** One that was found damaged since it was asked for brings nothing back. */
  private void begin(Checkpoint checkpoint, Restore restore, Vm vm, Ledger ledger) {
    if (checkpoint.state() == State.COMPLETE) {
      restore(checkpoint, restore, vm, ledger);
    } else if (checkpoint.state() != State.VERIFYING) {
      restores.endUnusable(ledger, checkpoint, restore);
      tellEnd(restore, vm);
    }
  }

  private Hypervisor to(HostId host) {
    return connections.to(host);
  }

  private void tell(long id, Vm vm) {
    var now = rows.find(id).orElseThrow();
    boolean taken = now.state() == State.COMPLETE;
    events.record(
        taken ? Severity.INFO : Severity.WARN,
        taken ? "checkpoint-taken" : "checkpoint-failed",
        null,
        now.hostId(),
        vm.id(),
        (taken ? "A checkpoint of %s was taken: " : "No checkpoint of %s was taken: ")
                .formatted(vm.name())
            + now.sentence());
  }

  private void delete(Checkpoint checkpoint, Ledger ledger) {
    var states = to(readers.of(checkpoint)).states();
    if (!new Deleting(rows, restoreRows, ledger, checkpoint, states).run()) {
      later.put(checkpoint.id(), System.nanoTime() + LOOK_AGAIN.toNanos());
    }
  }

  /** Tell whether it was looked at a moment ago, and nothing could be done. */
  private boolean rests(Checkpoint checkpoint) {
    var until = later.get(checkpoint.id());
    return checkpoint.state() == State.DELETING && until != null && System.nanoTime() - until < 0;
  }

  private void restore(Checkpoint checkpoint, Restore restore, Vm vm, Ledger ledger) {
    if (restores.endWithoutTarget(ledger, checkpoint, restore).isEmpty()) {
      if (restore.copy() == null) {
        bringBack(checkpoint, restore, vm, ledger);
      } else {
        copy(checkpoint, restore, ledger);
      }
    }
    tellEnd(restore, vm);
  }

  private void tellEnd(Restore restore, Vm vm) {
    var now = restoreRows.find(restore.id());
    // one whose leftovers wait to be taken back is told of once they are
    if (now.state() != RestoreState.RESTORING) {
      boolean failed = now.state() == RestoreState.FAILED;
      tell(
          failed ? Severity.BAD : Severity.INFO,
          failed ? "restore-failed" : "restored",
          now,
          vm,
          now.sentence());
    }
  }

  private void tell(Severity severity, String kind, Restore now, Vm vm, String sentence) {
    events.record(severity, kind, null, now.hostId(), vm.id(), sentence);
  }

  private void bringBack(Checkpoint checkpoint, Restore restore, Vm vm, Ledger ledger) {
    var restoring = restores.of(ledger, checkpoint, restore, vm);
    if (restore.state() == RestoreState.PENDING) {
      restoring.run();
    } else {
      restoring.takeUp();
    }
  }

  private void copy(Checkpoint checkpoint, Restore restore, Ledger ledger) {
    var copying = restores.copy(ledger, checkpoint, restore);
    if (restore.state() == RestoreState.PENDING) {
      copying.run();
    } else {
      copying.takeUp();
    }
  }

  private void detach(Checkpoint checkpoint, Restore restore, Vm vm, Ledger ledger) {
    restores.detaching(ledger, checkpoint, restore, vm).run();
    var now = restoreRows.find(restore.id());
    if (now.state() == RestoreState.FAILED) {
      tell(Severity.BAD, "restore-failed", now, vm, now.sentence());
    } else if (now.waits() && !restore.waits()) {
      tell(Severity.WARN, "restore-waits", now, vm, now.step());
    }
  }
}
