package org.dcbalance.recommendation;

import java.time.Clock;
import java.util.Map;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Pool;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** Foresee how balanced a pool is once moves are made, from its load as it is now. */
@Component
public class Foresight {
  private final Pools pools;
  private final PoolSnapshots snapshots;
  private final BalancingSettings settings;
  private final Clock clock;

  Foresight(Pools pools, PoolSnapshots snapshots, BalancingSettings settings, Clock clock) {
    this.pools = pools;
    this.snapshots = snapshots;
    this.settings = settings;
    this.clock = clock;
  }

  /** A pool at one moment, in which moves are tried out. */
  public static final class View {
    private final Pool pool;
    private final Limits limits;

    private View(Pool pool, Limits limits) {
      this.pool = pool;
      this.limits = limits;
    }

    /** Score the pool as it is. */
    public double now() {
      return Imbalance.of(pool, limits).value();
    }

    /** Score the pool with VMs on other hosts. */
    public double after(Map<VmId, HostId> goals) {
      return Imbalance.of(pool.moved(goals), limits).value();
    }
  }

  /** Look at a pool once, to try out any number of moves. */
  public View of(PoolId id) {
    var pool = pools.findById(id.value()).orElseThrow();
    var pace = settings.pace(pool);
    return new View(snapshots.recent(pool, pace, clock.instant()), pace.limits());
  }
}
