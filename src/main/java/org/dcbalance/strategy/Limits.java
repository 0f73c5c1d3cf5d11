package org.dcbalance.strategy;

import java.time.Duration;

/**
 * Hold the settings that a decision keeps to.
 *
 * @param imbalanceThreshold imbalance above which the pool is out of balance
 * @param cpuThreshold share of a host's CPU above which it is overloaded
 * @param memoryThreshold share of a host's memory above which it is overloaded
 * @param minimumGain least share of the imbalance that a move has to take away
 * @param holdRounds rounds that the pool must be out of bounds, the present one included
 * @param minimumCoverage least share of the window's samples needed from every host
 * @param maxMoves most moves to propose at once, those under way included
 * @param downtimeSlo longest downtime that operators accept
 */
public record Limits(
    double imbalanceThreshold,
    double cpuThreshold,
    double memoryThreshold,
    double minimumGain,
    int holdRounds,
    double minimumCoverage,
    int maxMoves,
    Duration downtimeSlo) {
  public static final Limits DEFAULTS =
      new Limits(0.15, 0.85, 0.90, 0.10, 3, 0.80, 4, Duration.ofSeconds(1));
}
