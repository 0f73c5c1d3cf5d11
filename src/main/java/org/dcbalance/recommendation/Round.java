package org.dcbalance.recommendation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Record what one look at a pool came to.
 *
 * @param number counted per pool
 * @param outcome BALANCED, NOT_ENOUGH_DATA, HOLDING or PROPOSAL
 * @param imbalance null where too little was known
 * @param imbalanceAfter what all proposed moves would lead to; null without any
 * @param sentence the outcome for operators
 * @param cameFrom whether a proposal was found by a search or taken from history, and why; null
 *     without a proposal
 * @param decidedIn time that deciding took, without gathering what it was decided on
 */
public record Round(
    long id,
    long poolId,
    long number,
    Instant at,
    Duration took,
    String strategy,
    String outcome,
    @Nullable Double imbalance,
    @Nullable Double imbalanceAfter,
    double threshold,
    Duration window,
    String sentence,
    List<ScoreTerm> terms,
    List<Considered> passedOver,
    int outOfBounds,
    String requestedBy,
    @Nullable String cameFrom,
    Duration decidedIn) {

  /** One term of the score. */
  public record ScoreTerm(String name, double value, double weight) {}

  /** One VM that was considered and not recommended. */
  public record Considered(long vmId, String vm, String why) {}
}
