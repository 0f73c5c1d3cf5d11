package org.dcbalance.strategy;

import java.util.List;

/** Score the pool and never move anything. */
public final class NoMoves implements Strategy {
  @Override
  public String name() {
    return "none";
  }

  @Override
  public Decision decide(Pool pool, Limits limits) {
    var thin =
        pool.hosts().stream()
            .filter(host -> host.closed() == null && host.coverage() < limits.minimumCoverage())
            .map(host -> new Decision.ThinHost(host, host.coverage()))
            .toList();
    return thin.isEmpty()
        ? new Decision.Balanced(Imbalance.of(pool, limits), List.of())
        : new Decision.NotEnoughData(thin);
  }
}
