package org.dcbalance.strategy;

import java.time.Instant;
import java.util.List;
import org.dcbalance.units.Memory;

/**
 * Say why, as numbers; one place turns it into a sentence. Shares are 0 to 1.
 *
 * <p>Host and VM names are carried along, so that a reason read years later still says what it
 * said.
 */
public sealed interface Reason {

  // why a VM should leave

  /** The source's CPU is above its threshold; the VM causes so much of it. */
  record CpuOverload(String host, double share, double threshold, String vm, double caused)
      implements Reason {}

  /** The source's memory is above its threshold. */
  record MemoryOverload(String host, double share, double threshold, String vm, double caused)
      implements Reason {}

  /** The pool is uneven, or a host is overloaded that this move does not leave. */
  record Uneven(double before, double after, double threshold, String mostLoaded, double share)
      implements Reason {}

  /**
   * It breaks a rule where it is.
   *
   * @param hard whether the rule must not be broken, or is a wish
   */
  record Mends(String rule, Rule.Kind kind, boolean hard, String vm, String host)
      implements Reason {}

  /** It goes along with others, which rules keep on one host; the reason is theirs together. */
  record GoesAlong(List<String> others, Reason reason) implements Reason {}

  /** No host could take a large VM. */
  record MakesRoom(double missing, double after) implements Reason {}

  // why it should go there

  /**
   * Of the hosts that can take it, this one leaves the pool most even for the price.
   *
   * @param cpuShare the target's CPU before the move
   * @param memoryShare the target's memory before the move
   * @param possible how many hosts can take it
   */
  record BestTarget(String host, double cpuShare, double memoryShare, int possible)
      implements Reason {}

  // why a VM was not recommended

  /** It cannot move at all, as one or more sentences say. */
  record Tied(String because) implements Reason {}

  /** Its host takes no part in balancing, such as in maintenance or when not reachable. */
  record HostClosed(String host, String because) implements Reason {}

  /** It moved lately. */
  record Resting(Instant until) implements Reason {}

  /** A move of it is approved or under way. */
  record AlreadyMoving() implements Reason {}

  /** Every possible target refuses it; the text names the first reason. */
  record NoTarget(int hosts, String because) implements Reason {}

  /** No open host has the memory. */
  record NoRoom(Memory needed) implements Reason {}

  /** A rule keeps it off every host that could take it. */
  record KeptByRule(String rule, Rule.Kind kind) implements Reason {}

  /**
   * Only rules or room for a large VM are a reason to move anything, and it does not help there.
   */
  record NoCause() implements Reason {}

  /** Every target would be overloaded by it. */
  record WouldOverload(String host, String resource, double share, double threshold)
      implements Reason {}

  /** The best move of it gains too little. */
  record GainTooSmall(double gain, double minimum) implements Reason {}

  /** Its migration is expected not to end, or to pause it for longer than allowed. */
  record TooCostly(double dirtyMiBPerSecond, double downtimeSeconds, double allowedSeconds)
      implements Reason {}

  /** Its migration is expected to take longer than allowed. */
  record TooLong(double seconds, double allowedSeconds) implements Reason {}

  /** A move of it was worth making before the proposed ones; once those are made, it is not. */
  record Afterwards(Reason reason) implements Reason {}

  /** It would have been good, but the proposed moves bring the pool within bounds without it. */
  record NotNeeded() implements Reason {}

  /** It would have been good, but the moves of one decision may copy only so much together. */
  record OverTransfer(Memory needed, Memory left) implements Reason {}

  /** It would have been good, but the number of moves at once is limited. */
  record OverCap(int maxMoves) implements Reason {}
}
