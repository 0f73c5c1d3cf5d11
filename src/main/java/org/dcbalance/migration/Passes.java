package org.dcbalance.migration;

import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Keep what was left to be sent as the last two passes over a guest's memory began. Pages are sent
 * whole in the first two, also where changes compress, so these tell nothing of it.
 */
final class Passes {
  private static final int FIRST_THAT_TELLS = 3;

  private int iteration;
  private @Nullable Memory left;
  private @Nullable Memory leftBefore;

  void see(MigrationProgress now) {
    if (now.iteration() <= iteration) {
      return;
    }
    // one that is joined may be half sent
    boolean joins = iteration == 0 && now.iteration() > 1;
    leftBefore = left;
    left = joins || now.iteration() < FIRST_THAT_TELLS ? null : now.remaining();
    iteration = now.iteration();
  }

  /** Give what was left as the newest pass began; null where that tells nothing. */
  @Nullable Memory left() {
    return left;
  }

  /** Give the same of the pass before it. */
  @Nullable Memory leftBefore() {
    return leftBefore;
  }
}
