package org.dcbalance.pages;

import java.time.Instant;
import java.util.List;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/**
 * What every page shows around its content.
 *
 * @param page the entry of the navigation that is marked
 * @param theme "system", "light" or "dark"
 * @param role in words
 * @param operator whether approving, moving and pausing are allowed
 * @param administrator whether hosts and pools may be changed
 * @param poolId the pool that was picked; null for all pools
 * @param recommendations how many wait
 * @param migrations how many are queued, running or lost
 * @param stale whether the newest sample is older than three periods
 * @param paused whether every pool that is shown and has hosts is paused
 * @param doubt why consoles only observe until an administrator confirms the database; null if they
 *     act
 * @param back path and query of this page
 */
record Shell(
    String page,
    String theme,
    String user,
    String role,
    boolean operator,
    boolean administrator,
    List<PoolChoice> pools,
    @Nullable PoolId poolId,
    long recommendations,
    long migrations,
    @Nullable Instant newestSample,
    boolean stale,
    boolean paused,
    @Nullable String doubt,
    String back) {
  static final String ATTRIBUTE = "shell";

  /** Give the pools that the page is about. */
  List<PoolChoice> shown() {
    return poolId == null ? pools : pools.stream().filter(p -> p.id().equals(poolId)).toList();
  }

  /** Give those of the shown pools that have hosts: the others have nothing to say. */
  List<PoolChoice> active() {
    return shown().stream().filter(p -> p.hosts() > 0).toList();
  }

  /** Give the pools that a host may be added to. */
  List<PoolChoice> real() {
    return pools.stream().filter(p -> !p.simulated()).toList();
  }

  boolean shows(PoolId id) {
    return poolId == null || poolId.equals(id);
  }

  /** Name the simulated pools that are shown. */
  public List<String> simulatedPools() {
    return active().stream().filter(PoolChoice::simulated).map(PoolChoice::name).toList();
  }

  /** Give the paused pools that are shown. */
  public List<PoolChoice> pausedPools() {
    return active().stream().filter(PoolChoice::paused).toList();
  }
}
