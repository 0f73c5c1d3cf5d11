package org.dcbalance.checkpoint;

import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
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

  Restoring of(Ledger ledger, Checkpoint checkpoint, Restore row, Vm vm) {
    var restore = open(ledger, checkpoint, row);
    var target = target(row);
    return new Restoring(
        restore,
        placements,
        vm,
        target,
        Whereabouts.around(connections::to, hosts, fencing.fenced(), vm, target),
        new Mapping(copies, leases, helpers, restore, target));
  }

  Copying copy(Ledger ledger, Checkpoint checkpoint, Restore row) {
    var target = target(row);
    return new Copying(open(ledger, checkpoint, row), target, connections.to(target));
  }

  private OpenRestore open(Ledger ledger, Checkpoint checkpoint, Restore row) {
    return new OpenRestore(rows, ledger, checkpoint, row, checkpoints.prefix(checkpoint.id()));
  }

  private Host target(Restore row) {
    return hosts.findById(row.hostId().value()).orElseThrow();
  }
}
