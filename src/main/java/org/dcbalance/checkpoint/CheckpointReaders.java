package org.dcbalance.checkpoint;

import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.units.HostId;
import org.springframework.stereotype.Component;

/** Choose the host that reads or deletes what is stored of a checkpoint. */
@Component
class CheckpointReaders {
  private final CheckpointRows rows;
  private final Hosts hosts;

  CheckpointReaders(CheckpointRows rows, Hosts hosts) {
    this.rows = rows;
    this.hosts = hosts;
  }

  /** Give one that is up and has the storage, that where it was taken if possible. */
  HostId of(Checkpoint checkpoint) {
    // one that was removed is none, and whatever is kept of it must not stay for ever
    if (hosts
        .findById(checkpoint.hostId().value())
        .filter(h -> h.state() == Host.State.UP)
        .isPresent()) {
      return checkpoint.hostId();
    }
    return hosts.findByPoolIdOrderByName(rows.pool(checkpoint.id())).stream()
        .filter(h -> h.state() == Host.State.UP && h.can(Capability.CHECKPOINT))
        .map(Host::id)
        .findFirst()
        .orElse(checkpoint.hostId());
  }
}
