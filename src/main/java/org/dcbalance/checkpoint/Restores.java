package org.dcbalance.checkpoint;

import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
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

  Restores(
      CheckpointRows checkpoints,
      RestoreRows rows,
      Connections connections,
      Hosts hosts,
      Placements placements,
      FastCopies copies,
      MemoryLeases leases,
      HostHelpers helpers,
      HostFencing fencing) {
    this.checkpoints = checkpoints;
    this.rows = rows;
    this.copies = copies;
    this.leases = leases;
    this.helpers = helpers;
    this.fencing = fencing;
    this.connections = connections;
    this.hosts = hosts;
    this.placements = placements;
  }

  Restoring of(Ledger ledger, Checkpoint checkpoint, Restore restore, Vm vm) {
    var target = hosts.findById(restore.hostId().value()).orElseThrow();
    var prefix = checkpoints.prefix(checkpoint.id());
    return new Restoring(
        rows,
        placements,
        ledger,
        checkpoint,
        restore,
        prefix,
        vm,
        target,
        Whereabouts.around(connections, hosts, fencing.fenced(), vm, target),
        new Mapping(copies, leases, helpers, ledger, checkpoint, restore, target, prefix));
  }
}
