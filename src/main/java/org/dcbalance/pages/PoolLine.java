package org.dcbalance.pages;

import org.dcbalance.inventory.HostPool;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/**
 * A pool as the list of pools shows it.
 *
 * @param standard whether hosts join it unless told otherwise
 * @param imbalance of the newest round; null where too little was known
 */
record PoolLine(
    PoolId id,
    String name,
    boolean simulated,
    boolean standard,
    int hosts,
    long vms,
    @Nullable Double imbalance,
    double threshold,
    HostPool.Automation automation,
    boolean paused) {

  /** Tell whether it is less even than it may be. */
  public boolean uneven() {
    return imbalance != null && imbalance > threshold;
  }
}
