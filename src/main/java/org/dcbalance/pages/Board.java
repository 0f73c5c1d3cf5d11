package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * What one pool's newest round came to.
 *
 * @param threshold imbalance above which the pool is out of balance
 * @param round null before the first one
 * @param facts null where too little is known to judge the pool
 * @param collecting null unless too little is known
 * @param holding null unless the pool is out of bounds, but not for long enough
 * @param waiting how many recommendations wait
 * @param underWay how many moves are queued, run or are lost
 */
record Board(
    PoolId poolId,
    String pool,
    HostPool.Automation automation,
    boolean paused,
    double threshold,
    @Nullable RoundLine round,
    @Nullable Facts facts,
    @Nullable Collecting collecting,
    @Nullable Holding holding,
    long waiting,
    int underWay,
    List<PassedOverLine> passedOver) {

  /**
   * A round.
   *
   * @param cameFrom whether its proposal came from history or a search; null without one
   * @param next null where none is due, because the pool is paused
   */
  record RoundLine(
      long number,
      Instant at,
      String strategy,
      Duration window,
      String sentence,
      @Nullable String cameFrom,
      Duration decidedIn,
      @Nullable Instant next) {}

  /** The pool's imbalance, and what the moves that wait cost together. */
  record Facts(
      double imbalance,
      double threshold,
      double after,
      Memory toCopy,
      Duration expected,
      Duration worstDowntime,
      int moves) {}

  /**
   * How far the first window is filled.
   *
   * @param hosts those with too few samples
   */
  record Collecting(Duration have, Duration need, List<String> hosts) {}

  record Holding(int rounds, int needed) {}

  record PassedOverLine(VmId vmId, String vm, String sentence) {}
}
