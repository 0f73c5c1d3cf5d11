package org.dcbalance.checkpoint;

import java.util.ArrayList;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.VirtualCluster.RestoreState;
import org.dcbalance.checkpoint.VirtualCluster.Restored;
import org.dcbalance.checkpoint.VirtualCluster.State;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Vms;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Take and restore checkpoints of virtual clusters, while this console holds the lease. */
@Component
class ClusterRunner {
  private final ClusterRows clusters;
  private final CheckpointRows rows;
  private final CaptureRows captures;
  private final Connections connections;
  private final Restores restores;
  private final Vms vms;
  private final Ledgers ledgers;
  private final OneThreadEach threads = new OneThreadEach("cluster checkpoint");

  ClusterRunner(
      ClusterRows clusters,
      CheckpointRows rows,
      CaptureRows captures,
      Connections connections,
      Restores restores,
      Vms vms,
      Ledgers ledgers) {
    this.clusters = clusters;
    this.rows = rows;
    this.captures = captures;
    this.connections = connections;
    this.restores = restores;
    this.vms = vms;
    this.ledgers = ledgers;
  }

  @Scheduled(fixedDelay = 1000)
  void look() {
    ledgers.look(
        "Checkpoints of virtual clusters",
        ledger -> {
          for (var taken : clusters.open()) {
            threads.start(taken.id(), () -> work(taken.id(), ledger));
          }
        });
  }

  private void work(long id, Ledger ledger) {
    var taken = clusters.findTaken(id).orElseThrow();
    switch (taken.state()) {
      case PENDING -> take(taken, ledger);
      case TAKING -> giveUp(taken, ledger);
      case COMPLETE, FAILED, DELETED -> {
        for (var restored : taken.restores()) {
          if (restored.state() == RestoreState.PENDING
              || restored.state() == RestoreState.RESTORING) {
            restore(taken, restored, ledger);
          }
        }
      }
    }
  }

  private void take(Taken taken, Ledger ledger) {
    var members = new ArrayList<ClusterCapture.Member>();
    for (var checkpoint : taken.members()) {
      var vm = vms.findById(checkpoint.vmId().value()).orElseThrow();
      var host = connections.to(checkpoint.hostId());
      members.add(
          new ClusterCapture.Member(
              checkpoint, vm, host, new Taking(rows, ledger, checkpoint, vm, host)));
    }
    new ClusterTaking(captures, clusters, ledger, taken).run(members);
  }

  /** An earlier console began it: whatever it left is cleaned up, member by member. */
  private void giveUp(Taken taken, Ledger ledger) {
    var why = "The console ended while it was being taken.";
    ledger.write(
        taken.id(),
        () -> {
          for (var member : taken.members()) {
            if (member.state().open()) {
              rows.step(member.id(), Checkpoint.State.CLEANING, "", ledger.epoch());
              rows.say(member.id(), why);
            }
          }
          clusters.end(taken.id(), State.FAILED, why);
        });
  }

  private void restore(Taken taken, Restored restored, Ledger ledger) {
    boolean begins = restored.state() == RestoreState.PENDING;
    if (begins && taken.members().stream().anyMatch(c -> c.state() == Checkpoint.State.VERIFYING)) {
      // it may be found damaged
      return;
    }
    var members = new ArrayList<Restoring>();
    var gone = new ArrayList<String>();
    // all at once: whoever goes on with it must not bring the others back alone
    ledger.confirmed(
        () -> {
          for (var checkpoint : taken.members()) {
            for (var restore : checkpoint.restores()) {
              if (!partOf(restore, restored)) {
                continue;
              }
              if (begins && checkpoint.state() != Checkpoint.State.COMPLETE) {
                gone.add(restores.endUnusable(ledger, checkpoint, restore));
              } else {
                restores
                    .endWithoutTarget(ledger, checkpoint, restore)
                    .ifPresentOrElse(
                        gone::add, () -> members.add(member(checkpoint, restore, ledger)));
              }
            }
          }
          if (!gone.isEmpty() && begins) {
            clusters.restoreStep(restored.id(), "Ending it");
          }
        });
    var restoring = new ClusterRestoring(clusters, ledger, taken, restored);
    if (!gone.isEmpty()) {
      restoring.breakOff(members, String.join(" ", gone));
    } else if (begins) {
      restoring.run(members);
    } else {
      restoring.takeUp(members);
    }
  }

  private Restoring member(Checkpoint checkpoint, Restore restore, Ledger ledger) {
    var vm = vms.findById(checkpoint.vmId().value()).orElseThrow();
    return restores.of(ledger, checkpoint, restore, vm);
  }

  /** Tell whether it is part of it, and does not run yet. */
  private static boolean partOf(Restore restore, Restored restored) {
    var cluster = restore.clusterRestoreId();
    return cluster != null
        && cluster == restored.id()
        && (restore.state() == Checkpoint.RestoreState.PENDING
            || restore.state() == Checkpoint.RestoreState.RESTORING);
  }
}
