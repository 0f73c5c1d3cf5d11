package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.recommendation.Names;
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
 * @param onItsWay how its memory would go over the network; null where none does, and once decided
 * @param along what is decided with it, since a rule does not part their VMs; empty once decided
 * @param question what is asked before it is approved
 * @param gain imbalance that it takes away
 * @param observing whether its pool only observes, so that approving is switched off
 * @param paused whether its pool is paused, so that nothing of it may be approved
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
    @Nullable String onItsWay,
    List<Names.Along> along,
    String question,
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
    boolean paused,
    @Nullable Settlement settlement) {

  /** Tell whether it waits for a decision. */
  public boolean waiting() {
    return state.equals("PROPOSED");
  }

  /** Tell whether its pool lets anything be approved. */
  public boolean approvable() {
    return !observing && !paused;
  }

  /** Count the moves that one decision about it decides. */
  public int moves() {
    return 1 + along.size();
  }

  /** Name the VMs that move with it: "with web-08 and web-09"; empty where none does. */
  public String withOthers() {
    return along.isEmpty()
        ? ""
        : "with " + Names.listed(along.stream().map(Names.Along::vm).toList());
  }

  /** Give the ids of those that are decided with it, apart by spaces. */
  public String alongIds() {
    return along.stream().map(each -> Long.toString(each.id())).collect(Collectors.joining(" "));
  }

  /** Name what is rejected with it: "the move of web-07", "the moves of web-07 and web-08". */
  public String subject() {
    var vms = Stream.concat(Stream.of(vm), along.stream().map(Names.Along::vm)).toList();
    return (vms.size() == 1 ? "the move of " : "the moves of ") + Names.listed(vms);
  }

  /** Tell whether it is proposed for memory rather than CPU. */
  public boolean aboutMemory() {
    return !effects.isEmpty() && effects.getFirst().resource().equals("memory");
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
