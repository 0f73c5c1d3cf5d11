package org.dcbalance.strategy;

import java.util.List;

/** Give a decision the record of earlier ones in the same pool. */
@FunctionalInterface
public interface PlacementHistory {
  /** A pool that has no past. */
  PlacementHistory NONE = _ -> List.of();

  /** Give the decisions made while as many hosts were open, newest first. */
  List<PastDecision> decisions(int openHosts);
}
