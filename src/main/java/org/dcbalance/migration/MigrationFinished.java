package org.dcbalance.migration;

import org.dcbalance.recommendation.MoveSettled;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Say that a migration has ended and how. Published in the transaction that records it; never for a
 * lost one, which has not ended.
 */
public record MigrationFinished(
    long migrationId,
    @Nullable Long recommendationId,
    PoolId pool,
    VmId vm,
    MigrationState outcome,
    String sentence)
    implements MoveSettled {
  @Override
  public boolean succeeded() {
    return outcome == MigrationState.COMPLETED;
  }
}
