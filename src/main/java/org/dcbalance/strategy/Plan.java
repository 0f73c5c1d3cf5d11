package org.dcbalance.strategy;

import java.util.List;

/**
 * Say in which order which VM goes where, and what that does to the score.
 *
 * @param before score of the placement that was given
 * @param after score once all moves are made
 * @param memory what the moves copy, in MiB
 */
public record Plan(List<Step> steps, double before, double after, double memory) {
  public Plan {
    steps = List.copyOf(steps);
  }

  /**
   * Move one VM.
   *
   * @param vm its index
   * @param source index of the host that it leaves, {@link BalancingProblem#ELSEWHERE} for one that
   *     is not scored
   * @param target index of the host that it goes to
   * @param gain by how much the score is lower after this step
   */
  public record Step(int vm, int source, int target, double gain) {}
}
