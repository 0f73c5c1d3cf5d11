package org.dcbalance.checkpoint;

import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.springframework.stereotype.Component;

/** Give restores what they work with. */
@Component
class Restores {
  private final CheckpointRows rows;
  private final Connections connections;
  private final Hosts hosts;
  private final Placements placements;

  Restores(CheckpointRows rows, Connections connections, Hosts hosts, Placements placements) {
    this.rows = rows;
    this.connections = connections;
    this.hosts = hosts;
    this.placements = placements;
  }

  Restoring of(Ledger ledger, Checkpoint checkpoint, Restore restore, Vm vm) {
    var target = hosts.findById(restore.hostId().value()).orElseThrow();
    return new Restoring(
        rows,
        placements,
        ledger,
        checkpoint,
        restore,
        vm,
        target,
        Whereabouts.around(connections, hosts, vm, target));
  }
}
