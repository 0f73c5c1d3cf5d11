package org.dcbalance.replay;

import java.time.Instant;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.Strategy;
import org.jspecify.annotations.Nullable;

/**
 * Enter a strategy into a comparison.
 *
 * @param strategy what acts, null for nothing
 * @param decisions the record that the strategy decides from, null if it keeps none
 * @param rests whether VMs rest after a move
 * @param approval which of the proposed moves are made
 */
public record Contender(
    String name,
    @Nullable Strategy strategy,
    @Nullable RememberedDecisions decisions,
    Limits limits,
    boolean rests,
    Tempo tempo,
    Approval approval) {
  /** Choose which of the proposed moves are made. */
  @FunctionalInterface
  public interface Approval {
    /** All, as soon as they are proposed. */
    Approval ALL = (_, _) -> true;

    boolean starts(ProposedMove move, Instant at);
  }
}
