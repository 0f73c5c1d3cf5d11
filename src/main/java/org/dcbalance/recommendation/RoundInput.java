package org.dcbalance.recommendation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Hold everything that a round decides on.
 *
 * @param window how far back the loads reach
 * @param standing targets of the VMs that were proposed to operators already
 */
record RoundInput(
    Pool pool,
    HostPool.Balancing balancing,
    Duration window,
    Limits limits,
    Map<VmId, HostId> standing) {
  RoundInput {
    standing = Map.copyOf(standing);
  }

  Decision decide(Strategy strategy) {
    return StandingProposals.prefer(
        strategy, pool, limits, strategy.decide(pool, limits), standing);
  }

  /** See the VMs otherwise. */
  RoundInput seeing(List<VmLoad> vms) {
    return new RoundInput(pool.with(pool.hosts(), vms), balancing, window, limits, standing);
  }

  /** Let other moves be proposed already. */
  RoundInput with(Map<VmId, HostId> proposed) {
    return new RoundInput(pool, balancing, window, limits, proposed);
  }

  /** Let something else decide, within other limits. */
  RoundInput by(HostPool.Balancing other, Limits otherLimits) {
    return new RoundInput(pool, other, window, otherLimits, standing);
  }
}
