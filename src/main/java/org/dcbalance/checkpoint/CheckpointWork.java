package org.dcbalance.checkpoint;

import java.util.Optional;
import org.dcbalance.inventory.VmWork;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** A checkpoint that is taken or restored keeps its VM to itself. */
@Component
class CheckpointWork implements VmWork {
  private final CheckpointRows rows;

  CheckpointWork(CheckpointRows rows) {
    this.rows = rows;
  }

  @Override
  public Optional<String> on(VmId vm) {
    return rows.work(vm);
  }
}
