package org.dcbalance.recommendation;

import org.dcbalance.history.PlacementRecords;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.NoMoves;
import org.dcbalance.strategy.Osvd;
import org.dcbalance.strategy.PlacementHistory;
import org.dcbalance.strategy.Strategy;
import org.springframework.stereotype.Component;

/** Give each pool the strategy that its settings name. */
@Component
class Strategies {
  private final PlacementRecords records;
  private final BalancingSettings settings;

  Strategies(PlacementRecords records, BalancingSettings settings) {
    this.records = records;
    this.settings = settings;
  }

  Strategy of(HostPool pool) {
    return by(pool.strategy(), records.of(pool.id()));
  }

  /** Give a strategy that recalls no past decision. */
  Strategy afresh(HostPool.Balancing balancing) {
    return by(balancing, PlacementHistory.NONE);
  }

  private Strategy by(HostPool.Balancing balancing, PlacementHistory past) {
    return switch (balancing) {
      case DCBALANCE -> new DcBalance(past, settings.historyFromHosts());
      case DLB -> new DynamicLoadBalancing();
      case OSVD -> new Osvd();
      case NONE -> new NoMoves();
    };
  }
}
