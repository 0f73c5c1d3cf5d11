package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * A recommendation as tables and its own page show it.
 *
 * @param state as stored, but NOT_STARTED or FAILED for a settled one that did not succeed
 * @param checkpointFirst that a checkpoint is taken before the move, and why; null if none is
 * @param gain imbalance that it takes away
 * @param observing whether its pool only observes, so that approving is switched off
 * @param settlement who decided, or what it came to; null while it waits
 */
record RecommendationLine(
    long id,
    String state,
    ProposedMove.Priority priority,
    PoolId poolId,
    VmId vmId,
    String vm,
    HostId fromId,
    String from,
    HostId toId,
    String to,
    String why,
    String whyDetail,
    @Nullable String checkpointFirst,
    List<Effect> effects,
    double gain,
    Memory bytes,
    Duration expected,
    Duration downtime,
    int pastMoves,
    boolean measuredDirtyRate,
    Instant proposedAt,
    Instant expiresAt,
    @Nullable Long supersededByRound,
    @Nullable Long migrationId,
    boolean observing,
    @Nullable Settlement settlement) {

  /** Tell whether it waits for a decision. */
  public boolean waiting() {
    return state.equals("PROPOSED");
  }

  /** What the move does to one host, and which resource the bars show. */
  record Effect(
      HostId hostId,
      String hostName,
      double cpuBefore,
      double cpuAfter,
      double memoryBefore,
      double memoryAfter,
      String resource) {}

  /**
   * How it was decided.
   *
   * @param words such as "Approved"
   * @param by who decided; null where nobody did
   * @param reason what was said or came of it; null where nothing
   */
  record Settlement(String words, @Nullable String by, Instant at, @Nullable String reason) {}
}
