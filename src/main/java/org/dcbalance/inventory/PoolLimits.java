package org.dcbalance.inventory;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Hold the limits that a pool has of its own; null leaves one to the settings of the installation.
 *
 * @param imbalanceThreshold imbalance above which the pool is out of balance, above 0 and at most 1
 * @param memoryThreshold share of a host's memory above which it is overloaded, above 0 and at most
 *     1
 * @param minimumGain least share of the imbalance that a move has to take away, above 0 and at most
 *     1
 * @param holdRounds rounds that the pool must be out of bounds before anything is proposed
 * @param windowSeconds how far back a decision looks
 * @param coolDownSeconds rest of a VM after a move, doubled for each move within 24 hours
 * @param coolDownMostSeconds longest rest
 * @param maxMoves moves proposed or under way at once
 */
public record PoolLimits(
    @Nullable Double imbalanceThreshold,
    @Nullable Double memoryThreshold,
    @Nullable Double minimumGain,
    @Nullable Integer holdRounds,
    @Nullable Integer windowSeconds,
    @Nullable Integer coolDownSeconds,
    @Nullable Integer coolDownMostSeconds,
    @Nullable Integer maxMoves) {
  /** Everything as the settings of the installation have it. */
  public static final PoolLimits NONE =
      new PoolLimits(null, null, null, null, null, null, null, null);

  private static final int WEEK = 7 * 24 * 60 * 60;

  /**
   * Check the numbers.
   *
   * @throws Problem BAD_REQUEST with the sentence that says which is out of its bounds
   */
  public PoolLimits checked() {
    share("imbalance threshold", imbalanceThreshold);
    share("memory threshold", memoryThreshold);
    share("minimum gain", minimumGain);
    within("hold", holdRounds, 1, 1000, "rounds");
    within("load window", windowSeconds, 10, 6 * 60 * 60, "seconds");
    within("cool-down", coolDownSeconds, 0, WEEK, "seconds");
    within("longest cool-down", coolDownMostSeconds, 0, WEEK, "seconds");
    within("number of moves at once", maxMoves, 1, 1000, "moves");
    if (coolDownSeconds != null
        && coolDownMostSeconds != null
        && coolDownMostSeconds < coolDownSeconds) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The longest cool-down, %d s, is shorter than the cool-down after one move, %d s."
              .formatted(coolDownMostSeconds, coolDownSeconds),
          null);
    }
    return this;
  }

  private static void share(String name, @Nullable Double value) {
    if (value != null && !(value > 0 && value <= 1)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The %s lies above 0 and at most at 100 %%, and not at %s %%."
              .formatted(name, Math.round(value * 1000) / 10.0),
          null);
    }
  }

  private static void within(
      String name, @Nullable Integer value, int least, int most, String unit) {
    if (value != null && (value < least || value > most)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The %s lies between %d and %d %s, and not at %d."
              .formatted(name, least, most, unit, value),
          null);
    }
  }
}
