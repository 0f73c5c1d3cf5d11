package org.dcbalance.checkpoint;

import java.util.Objects;
import java.util.Optional;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Hosts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Read what is stored of a checkpoint again: its files, and the copy that a helper made. */
@Component
class CheckpointVerifier {
  private static final Logger log = LoggerFactory.getLogger(CheckpointVerifier.class);

  private final CheckpointRows rows;
  private final FastCopies fast;
  private final HostHelpers helpers;
  private final CheckpointReaders readers;
  private final Connections connections;
  private final Hosts hosts;
  private final FleetEvents events;

  CheckpointVerifier(
      CheckpointRows rows,
      FastCopies fast,
      HostHelpers helpers,
      CheckpointReaders readers,
      Connections connections,
      Hosts hosts,
      FleetEvents events) {
    this.rows = rows;
    this.fast = fast;
    this.helpers = helpers;
    this.readers = readers;
    this.connections = connections;
    this.hosts = hosts;
    this.events = events;
  }

  /** Read it, and store and tell whether it is whole. */
  void verify(Checkpoint checkpoint, Ledger ledger) {
    verifyFast(checkpoint, ledger);
    Optional<String> damage;
    try {
      damage =
          Verifying.damage(
              connections.to(readers.of(checkpoint)).states(),
              checkpoint,
              rows.prefix(checkpoint.id()));
    } catch (HypervisorException e) {
      if (e.kind() != Kind.FAILED) {
        // its host does not answer: later
        throw e;
      }
      // its storage may be at fault, and not what is stored there
      ledger.write(
          checkpoint.id(), () -> rows.change(checkpoint.id(), State.VERIFYING, State.COMPLETE));
      tell(
          "checkpoint-unread",
          checkpoint,
          "The checkpoint %d of %s could not be read: %s Maybe see to its storage, and verify it again."
              .formatted(checkpoint.id(), checkpoint.vm(), e.sentence()));
      return;
    }
    ledger.write(
        checkpoint.id(),
        () -> {
          if (damage.isEmpty()) {
            rows.verified(checkpoint.id());
            rows.change(checkpoint.id(), State.VERIFYING, State.COMPLETE);
          } else {
            rows.end(checkpoint.id(), State.DAMAGED, damage.get());
          }
        });
    damage.ifPresent(sentence -> tellDamage(checkpoint, sentence));
  }

  /** Have the helper read what it made of the memory; a host without one is left alone. */
  private void verifyFast(Checkpoint checkpoint, Ledger ledger) {
    var copy = checkpoint.fast();
    var host = hosts.findById(readers.of(checkpoint).value());
    if (copy == null || copy.state() != FastCopy.State.READY || host.isEmpty()) {
      return;
    }
    try {
      var found = helpers.to(host.get()).verify(checkpoint.storage(), rows.prefix(checkpoint.id()));
      boolean good = found.damaged().isEmpty() && Objects.equals(found.sums(), copy.sums());
      ledger.write(
          checkpoint.id(),
          () -> {
            if (good) {
              fast.verified(checkpoint.id());
            } else {
              fast.end(checkpoint.id(), FastCopy.State.DAMAGED, Verifying.damage(found));
            }
          });
      if (!good) {
        tellDamage(checkpoint, Verifying.damage(found));
      }
    } catch (HypervisorException e) {
      log.warn("The fast copy of checkpoint {} was not read: {}", checkpoint.id(), e.sentence());
    }
  }

  private void tellDamage(Checkpoint checkpoint, String sentence) {
    tell(
        "checkpoint-damaged",
        checkpoint,
        "The checkpoint %d of %s is damaged: %s"
            .formatted(checkpoint.id(), checkpoint.vm(), sentence));
  }

  private void tell(String kind, Checkpoint checkpoint, String sentence) {
    events.record(Severity.BAD, kind, null, checkpoint.hostId(), checkpoint.vmId(), sentence);
  }
}
