package org.dcbalance.inventory;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Say what operators allow for moving VMs; null leaves a thing to the pool, and there to {@link
 * #DEFAULTS}.
 *
 * @param postCopy whether a move may end in post-copy, in which a fault loses the VM
 * @param ballooning whether its memory may be shrunk before a move, and given back after
 * @param leastMemoryMiB what ballooning must leave it at least; hypervisors that do not tell what a
 *     guest uses (Xen) balloon only with this
 * @param throttlePercent most that the hypervisor may slow it down while it moves; 0 for not at all
 * @param capPercent CPU that it keeps while it moves where it is capped (Xen), in percent of one
 *     CPU; 0 if it must not be capped
 * @param notLive whether it may be stopped for all of its move
 * @param downtimeMillis longest pause that is accepted
 * @param bandwidthMiB most that a move may use, MiB/s
 * @param connections how many connections may carry its memory
 * @param checkpointFirst whether a checkpoint is taken before each move; where nobody says so, one
 *     is taken before a move that may end in post-copy, if it can be
 * @param checkpointFirstMove whether one is taken before its first move, where {@code
 *     checkpointFirst} says nothing
 * @param encrypted whether its memory may be sent to another host only encrypted (TLS); what a pool
 *     requires so, none of its VMs is freed of
 * @param quietWaitSeconds how long a move may wait for a moment at which the VM changes less
 *     memory, where that was often so; 0 for not at all
 * @param retries how many times a move that failed for a reason that may pass is tried again; 0 for
 *     not at all
 * @param retrySeconds how long it waits before the first of these; each later wait is twice as long
 * @param postCopyAfterPercent how much of the memory in use is sent before a post-copy that was
 *     planned from the start begins, in percent: with less, less is sent twice and the move ends
 *     sooner, but the VM waits for more of its memory and needs both hosts for longer
 * @param longestMinutes most that a move may take from its start, checks and waits included; null
 *     for no such limit
 */
public record MoveOptions(
    @Nullable Boolean postCopy,
    @Nullable Boolean ballooning,
    @Nullable Integer leastMemoryMiB,
    @Nullable Integer throttlePercent,
    @Nullable Integer capPercent,
    @Nullable Boolean notLive,
    @Nullable Integer downtimeMillis,
    @Nullable Integer bandwidthMiB,
    @Nullable Integer connections,
    @Nullable Boolean checkpointFirst,
    @Nullable Boolean checkpointFirstMove,
    @Nullable Boolean encrypted,
    @Nullable Integer quietWaitSeconds,
    @Nullable Integer retries,
    @Nullable Integer retrySeconds,
    @Nullable Integer postCopyAfterPercent,
    @Nullable Integer longestMinutes) {

  public static final MoveOptions NONE =
      new MoveOptions(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null);

  /** What holds where nobody says otherwise: nothing that may hurt a guest for good. */
  public static final MoveOptions DEFAULTS =
      new MoveOptions(
          false, false, null, 60, 0, false, 1_000, null, 1, null, false, false, 120, 2, 60, 100,
          null);

  /** Fill what is left open from others, and keep encryption where the others require it. */
  public MoveOptions over(MoveOptions others) {
    return new MoveOptions(
        postCopy == null ? others.postCopy : postCopy,
        ballooning == null ? others.ballooning : ballooning,
        leastMemoryMiB == null ? others.leastMemoryMiB : leastMemoryMiB,
        throttlePercent == null ? others.throttlePercent : throttlePercent,
        capPercent == null ? others.capPercent : capPercent,
        notLive == null ? others.notLive : notLive,
        downtimeMillis == null ? others.downtimeMillis : downtimeMillis,
        bandwidthMiB == null ? others.bandwidthMiB : bandwidthMiB,
        connections == null ? others.connections : connections,
        checkpointFirst == null ? others.checkpointFirst : checkpointFirst,
        checkpointFirstMove == null ? others.checkpointFirstMove : checkpointFirstMove,
        (encrypted == null || Boolean.TRUE.equals(others.encrypted)) ? others.encrypted : encrypted,
        quietWaitSeconds == null ? others.quietWaitSeconds : quietWaitSeconds,
        retries == null ? others.retries : retries,
        retrySeconds == null ? others.retrySeconds : retrySeconds,
        postCopyAfterPercent == null ? others.postCopyAfterPercent : postCopyAfterPercent,
        longestMinutes == null ? others.longestMinutes : longestMinutes);
  }

  /**
   * Check the numbers.
   *
   * @throws Problem BAD_REQUEST with the sentence that says which is out of its bounds
   */
  MoveOptions checked() {
    within("leastMemoryMiB", leastMemoryMiB, 1, 1 << 24);
    within("throttlePercent", throttlePercent, 0, 99);
    within("capPercent", capPercent, 0, 100_000);
    within("downtimeMillis", downtimeMillis, 1, 3_600_000);
    within("bandwidthMiB", bandwidthMiB, 1, 1 << 20);
    within("connections", connections, 1, 64);
    within("quietWaitSeconds", quietWaitSeconds, 0, 3_600);
    within("retries", retries, 0, 5);
    within("retrySeconds", retrySeconds, 1, 900);
    within("postCopyAfterPercent", postCopyAfterPercent, 0, 100);
    within("longestMinutes", longestMinutes, 1, 10_080);
    return this;
  }

  private static void within(String name, @Nullable Integer value, int least, int most) {
    if (value != null && (value < least || value > most)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" lies between %d and %d, and not at %d.".formatted(name, least, most, value),
          null);
    }
  }
}
