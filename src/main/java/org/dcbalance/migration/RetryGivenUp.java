package org.dcbalance.migration;

import org.dcbalance.recommendation.MoveSettled;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Say that a move that was to be tried again is not. */
record RetryGivenUp(@Nullable Long recommendationId, PoolId pool, VmId vm, String sentence)
    implements MoveSettled {
  @Override
  public boolean succeeded() {
    return false;
  }
}
