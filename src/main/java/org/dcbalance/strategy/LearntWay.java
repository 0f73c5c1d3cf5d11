package org.dcbalance.strategy;

import java.time.Duration;
import java.util.function.ToDoubleFunction;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Learn from moves, oldest first: the bandwidth of a way, with the newest move counting for 0.3,
 * and the part of the pause that does not depend on memory, which is the shortest one seen.
 */
public final class LearntWay {
  /** What the newest move counts for in a learnt value. */
  private static final double NEWEST = 0.3;

  /** A correction by past moves goes up to this factor, up or down. */
  private static final double MOST_CORRECTION = 4;

  /**
   * Seconds; a move that is over sooner spends much of them on connecting and on starting its VM's
   * copy, so that it only tells what its way carries at least.
   */
  private static final double TELLS = 3;

  private double bandwidth = Double.NaN;

  /** The most that moves carried which shared their way with others. */
  private double shared = Double.NaN;

  private double constant = Double.NaN;

  /** Learn from a move that succeeded and had its way for itself; what was not told is null. */
  public void add(@Nullable Memory sent, @Nullable Duration total, @Nullable Duration downtime) {
    add(sent, total, downtime, true);
  }

  /**
   * Learn from a move that succeeded; what was not told is null.
   *
   * @param alone whether no other move shared its hosts meanwhile: one that had to share tells only
   *     what its way carries at least
   */
  public void add(
      @Nullable Memory sent, @Nullable Duration total, @Nullable Duration downtime, boolean alone) {
    double seconds = total == null ? 0 : total.toNanos() / 1e9;
    if (seconds > 0 && sent != null && sent.bytes() > 0) {
      double seen = sent.bytes() / seconds;
      // and so a short one counts where it is more than what would else be taken
      double known = Double.isNaN(bandwidth) ? MemoryCopy.ASSUMED_BANDWIDTH : bandwidth;
      if (!alone && seconds >= TELLS) {
        shared = Double.isNaN(shared) ? seen : Math.max(shared, seen);
      }
      if ((alone && seconds >= TELLS) || seen > known) {
        bandwidth = Double.isNaN(bandwidth) ? seen : bandwidth + NEWEST * (seen - bandwidth);
      }
    }
    if (downtime != null) {
      double pause = downtime.toNanos() / 1e9;
      constant = Double.isNaN(constant) ? pause : Math.min(constant, pause);
    }
  }

  /** Tell whether a move has shown the bandwidth that had its way for itself. */
  public boolean unshared() {
    return !Double.isNaN(bandwidth);
  }

  /** Bytes per second; NaN before any move has shown it. */
  public double bandwidth() {
    return Double.isNaN(bandwidth) ? shared : bandwidth;
  }

  /** Seconds; NaN before any move has shown it. */
  public double constant() {
    return constant;
  }

  /**
   * Learn by what factor a VM's moves take more than modelled: an exponentially weighted mean of
   * the logarithms, between a quarter and four; 1 where nothing tells.
   *
   * @param oldestFirst moves, in any form
   * @param factor measured over modelled, by move; 0, less or NaN where it is not known
   */
  public static <T> double correction(Iterable<T> oldestFirst, ToDoubleFunction<T> factor) {
    double log = 0;
    boolean any = false;
    for (var move : oldestFirst) {
      double off = factor.applyAsDouble(move);
      if (off > 0 && off < Double.POSITIVE_INFINITY) {
        log = any ? log + NEWEST * (Math.log(off) - log) : Math.log(off);
        any = true;
      }
    }
    return Math.clamp(Math.exp(log), 1 / MOST_CORRECTION, MOST_CORRECTION);
  }
}
