package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.Set;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Component;

/** Find a place for each VM of a host, from its pool as it is now. */
@Component
public class EvacuationPlans {
  private static final int ALL = 100_000;

  private final Hosts hosts;
  private final Pools pools;
  private final PoolSnapshots snapshots;
  private final BalancingSettings settings;
  private final Clock clock;

  EvacuationPlans(
      Hosts hosts, Pools pools, PoolSnapshots snapshots, BalancingSettings settings, Clock clock) {
    this.hosts = hosts;
    this.pools = pools;
    this.snapshots = snapshots;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Plan to empty a host. Thin data are no reason to stay: who empties a host wants its guests off
   * it.
   *
   * @throws Problem NOT_FOUND
   */
  public Evacuation plan(HostId id) {
    var host = hosts.require(id);
    var pool = pools.findById(host.poolId().value()).orElseThrow();
    var pace = pace(pool);
    var now = clock.instant();
    return Evacuation.of(
        snapshots.recent(pool, pace, now), pace.limits().withMaxMoves(ALL), Set.of(id));
  }

  private BalancingSettings.Pace pace(HostPool pool) {
    return settings.pace(pool).withAnyCoverage();
  }
}
