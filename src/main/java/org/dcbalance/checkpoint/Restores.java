package org.dcbalance.checkpoint;

import java.util.Optional;
import java.util.stream.Stream;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.springframework.stereotype.Component;

/** Give restores what they work with. */
@Component
class Restores {
  private final CheckpointRows checkpoints;
  private final RestoreRows rows;
  private final Connections connections;
  private final Hosts hosts;
  private final Placements placements;
  private final FastCopies copies;
  private final MemoryLeases leases;
  private final HostHelpers helpers;
  private final HostFencing fencing;
  private final Vms vms;

  Restores(
      CheckpointRows checkpoints,
      RestoreRows rows,
      Connections connections,
      Hosts hosts,
      Placements placements,
      FastCopies copies,
      MemoryLeases leases,
      HostHelpers helpers,
      HostFencing fencing,
      Vms vms) {
    this.checkpoints = checkpoints;
    this.rows = rows;
    this.copies = copies;
    this.leases = leases;
    this.helpers = helpers;
    this.fencing = fencing;
    this.vms = vms;
    this.connections = connections;
    this.hosts = hosts;
    this.placements = placements;
  }

  /**
   * Give what restores a VM.
   *
   * @throws HypervisorException FAILED if its target was removed
   */
  Restoring of(Ledger ledger, Checkpoint checkpoint, Restore row, Vm vm) {
    var restore = open(ledger, checkpoint, row);
    var target = target(row);
    return new Restoring(
        restore,
        placements,
        vm,
        target,
        Whereabouts.around(connections::to, hosts, fencing::silent, vm, target),
        new Mapping(copies, leases, helpers, restore, target));
  }

  Copying copy(Ledger ledger, Checkpoint checkpoint, Restore row) {
    var target = target(row);
    return new Copying(open(ledger, checkpoint, row), target, connections.to(target));
  }

  /**
   * End one whose target was removed: nobody could ask it any more, and all else would wait for
   * that.
   *
   * @return what is said of it; empty if its target is there, and nothing was done
   */
  Optional<String> endWithoutTarget(Ledger ledger, Checkpoint checkpoint, Restore row) {
    if (hosts.findById(row.hostId().value()).isPresent()) {
      return Optional.empty();
    }
    var sentence =
        "%s was removed from the inventory before %s was brought back on it. Maybe see what it has of that."
            .formatted(row.host(), row.of(checkpoint.vm()));
    return Optional.of(end(ledger, checkpoint, row, sentence));
  }

  /** End one that was not begun, since its checkpoint is not complete any more. */
  String endUnusable(Ledger ledger, Checkpoint checkpoint, Restore row) {
    return end(
        ledger,
        checkpoint,
        row,
        "Checkpoint %d of %s is %s now, so nothing was restored from it."
            .formatted(checkpoint.id(), checkpoint.vm(), CheckpointText.state(checkpoint.state())));
  }

  private String end(Ledger ledger, Checkpoint checkpoint, Restore row, String sentence) {
    ledger.write(checkpoint.id(), () -> rows.end(row.id(), RestoreState.FAILED, sentence));
    return sentence;
  }

  /** Give what sees to the disks of a VM that came back, or of a copy that runs. */
  Detaching detaching(Ledger ledger, Checkpoint checkpoint, Restore row, Vm vm) {
    var copy = row.copy();
    var target = hosts.findById(row.hostId().value());
    var known = vms.findByUuid(copy == null ? vm.uuid() : copy.uuid());
    // the inventory may not have seen a copy yet
    var home = known.isEmpty() ? target : hosts.findById(known.get().hostId().value());
    boolean gone = known.isEmpty() || known.get().goneSince() != null;
    return new Detaching(
        open(ledger, checkpoint, row),
        copy == null
            ? new Detaching.Guest(vm.uuid(), vm.name(), home, gone, ownAgain(checkpoint))
            : new Detaching.Guest(copy.uuid(), copy.name(), home, gone, " Its disks are its own."),
        Whereabouts.around(
            connections::to,
            hosts,
            fencing::silent,
            Stream.concat(home.stream(), target.stream()).toList()));
  }

  private static String ownAgain(Checkpoint checkpoint) {
    return checkpoint.disks().isEmpty()
        ? ""
        : " Its disks are its own again; those that it had before are where they were.";
  }

  private OpenRestore open(Ledger ledger, Checkpoint checkpoint, Restore row) {
    return new OpenRestore(rows, ledger, checkpoint, row, checkpoints.prefix(checkpoint.id()));
  }

  private Host target(Restore row) {
    return hosts
        .findById(row.hostId().value())
        .orElseThrow(
            () ->
                new HypervisorException(
                    Kind.FAILED, row.host() + " was removed from the inventory.", null));
  }
}
