package org.dcbalance.migration;

import org.dcbalance.recommendation.MoveSettled;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Say that a migration has ended and how. Published in the transaction that records it; never for a
 * lost one, which has not ended.
 *
 * @param recommendationId null for a move by hand, and for one that is tried again
 * @param failed as {@link MigrationState#failed} tells
 */
public record MigrationFinished(
    long migrationId,
    @Nullable Long recommendationId,
    PoolId pool,
    VmId vm,
    MigrationState outcome,
    boolean failed,
    String sentence)
    implements MoveSettled {
  /** What is tried again does not settle its recommendation yet, so that is left out. */
  static MigrationFinished of(Migration migration) {
    return new MigrationFinished(
        migration.id(),
        migration.retry().planned() ? null : migration.recommendationId(),
        migration.pool(),
        migration.vm(),
        migration.state(),
        migration.state().failed(migration.retry().givenUp() != null),
        migration.told());
  }

  @Override
  public boolean succeeded() {
    return outcome == MigrationState.COMPLETED;
  }
}
