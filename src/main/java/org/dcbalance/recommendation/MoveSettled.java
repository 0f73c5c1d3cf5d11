package org.dcbalance.recommendation;

import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Hear that a move has ended, one way or another. Published inside the transaction that records the
 * end, by whoever carried the move out.
 */
public interface MoveSettled {
  /** Give the recommendation that asked for the move; null for a move by hand. */
  @Nullable Long recommendationId();

  /** Tell whether the VM now runs on the target. */
  boolean succeeded();

  /** Say how it ended. */
  String sentence();

  PoolId pool();

  VmId vm();
}
