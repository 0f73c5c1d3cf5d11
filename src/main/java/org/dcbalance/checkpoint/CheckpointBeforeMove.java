package org.dcbalance.checkpoint;

import java.util.Optional;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** Take a checkpoint before a move that may lose its VM. */
@Component
class CheckpointBeforeMove implements BeforeMove {
  private final Checkpoints checkpoints;
  private final CheckpointRows rows;

  CheckpointBeforeMove(Checkpoints checkpoints, CheckpointRows rows) {
    this.checkpoints = checkpoints;
    this.rows = rows;
  }

  @Override
  public Progress of(VmId vm, long migration) {
    var begun = begun(migration);
    if (begun.isPresent()) {
      return begun.get();
    }
    try {
      checkpoints.takeBefore(vm, migration);
      return new Progress(Step.UNDER_WAY, "");
    } catch (Problem e) {
      return new Progress(Step.IMPOSSIBLE, e.sentence());
    }
  }

  @Override
  public Optional<Progress> begun(long migration) {
    return rows.beforeMigration(migration)
        .map(
            checkpoint ->
                switch (checkpoint.state()) {
                  case PENDING, TAKING, CLEANING -> new Progress(Step.UNDER_WAY, checkpoint.step());
                  case COMPLETE, VERIFYING -> new Progress(Step.DONE, checkpoint.sentence());
                  case DELETING, FAILED, DAMAGED, DELETED ->
                      new Progress(Step.FAILED, checkpoint.sentence());
                });
  }
}
