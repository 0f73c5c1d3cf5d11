package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.StateStorage;

/**
 * Delete what is stored of a checkpoint, unless a disk lies over one of its own: that is asked of
 * the host, since a machine may be on such a disk although no restore is open, as on what one left
 * that failed once it read, or on a snapshot that somebody made.
 */
final class Deleting {
  private final CheckpointRows rows;
  private final RestoreRows restores;
  private final Ledger ledger;
  private final Checkpoint checkpoint;
  private final StateStorage states;
  private final String prefix;

  /**
   * Prepare to delete.
   *
   * @param states of a host that has the storage
   */
  Deleting(
      CheckpointRows rows,
      RestoreRows restores,
      Ledger ledger,
      Checkpoint checkpoint,
      StateStorage states) {
    this.rows = rows;
    this.restores = restores;
    this.ledger = ledger;
    this.checkpoint = checkpoint;
    this.states = states;
    this.prefix = rows.prefix(checkpoint.id());
  }

  /** Delete it; false if something still lies over it, and nothing was deleted. */
  boolean run() {
    removeUnread();
    var resting = resting();
    if (!resting.isEmpty()) {
      say(
          "It is deleted as soon as no disk lies over its own: %s %s now. Maybe see which machine is on that, or delete it in the storage pool %s if none is."
              .formatted(
                  CheckpointText.names(resting),
                  resting.size() == 1 ? "does" : "do",
                  checkpoint.storage()));
      return false;
    }
    for (var volume : volumes()) {
      states.delete(checkpoint.storage(), volume);
    }
    ledger.write(
        checkpoint.id(), () -> rows.end(checkpoint.id(), State.DELETED, "It was deleted."));
    return true;
  }

  /**
   * Delete what is left of restores that failed before they read anything, as when their target did
   * not answer any more: nothing wrote to these disks, and nobody else would ever delete them.
   */
  private void removeUnread() {
    var unread =
        restores.of(List.of(checkpoint.id())).getOrDefault(checkpoint.id(), List.of()).stream()
            .filter(row -> row.failedUnread(checkpoint.vm()))
            .toList();
    if (unread.isEmpty()) {
      return;
    }
    var own = own();
    var over = states.over(checkpoint.storage());
    for (var row : unread) {
      for (var disk : new OpenRestore(restores, ledger, checkpoint, row, prefix).disks().values()) {
        // somebody may have laid a disk of their own over it
        if (own.contains(over.getOrDefault(disk, "")) && !over.containsValue(disk)) {
          states.delete(checkpoint.storage(), disk);
        }
      }
    }
  }

  private Set<String> own() {
    return checkpoint.disks().stream().map(DiskCopy::volume).collect(Collectors.toSet());
  }

  private List<String> resting() {
    var own = own();
    return own.isEmpty()
        ? List.of()
        : states.over(checkpoint.storage()).entrySet().stream()
            .filter(over -> own.contains(over.getValue()))
            .map(over -> over.getKey())
            .sorted()
            .toList();
  }

  /** Its memory comes first: nothing can be restored from what is left should this break off. */
  private List<String> volumes() {
    var volumes = new ArrayList<String>();
    volumes.add(Checkpoint.memoryVolume(prefix));
    states
        .volumes(checkpoint.storage(), prefix + ".lazy-")
        .forEach(made -> volumes.add(made.name()));
    checkpoint.disks().forEach(disk -> volumes.add(disk.volume()));
    return volumes;
  }

  private void say(String sentence) {
    if (!sentence.equals(checkpoint.sentence())) {
      ledger.write(checkpoint.id(), () -> rows.say(checkpoint.id(), sentence));
    }
  }
}
