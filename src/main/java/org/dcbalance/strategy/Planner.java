package org.dcbalance.strategy;

import java.util.List;

/**
 * Search for a plan: descend by single moves, then by exchanges, until nothing gains enough.
 *
 * <p>On pools small enough for it, plain steepest descent is followed first. What it would copy is
 * the most that the plan may copy, and where the search ends no better, its placement is taken: a
 * plan never costs more memory than the obvious one, and never ends worse.
 */
public final class Planner {
  /** Most pairs of a VM and a host for which plain descent is worth its time. */
  private static final long PLAIN_PAIRS = 40_000;

  /** Shares of what plain descent copies that the search may spend, until one leaves enough. */
  private static final double[] SHARES = {1, 0.97, 0.93, 0.87};

  private static final double[] NONE = {};

  private Planner() {}

  /**
   * Set when a search ends.
   *
   * @param enough score at which there is nothing left to do
   * @param fineScore score at and below which a step has to gain at least {@code fineGain}; above
   *     it any gain will do
   * @param fineGain see there
   * @param maxMoves most VMs that a plan moves
   */
  public record Stop(double enough, double fineScore, double fineGain, int maxMoves) {
    /** Rounding makes gains out of nothing that are smaller than this. */
    private static final double NOISE = 1e-10;

    /** Go on down to that score at least. */
    Stop down(double score) {
      return new Stop(Math.min(enough, score), Math.min(fineScore, score), fineGain, maxMoves);
    }

    boolean goesOn(double score, double gain) {
      return score > enough && gain > NOISE && (score > fineScore || gain >= fineGain);
    }
  }

  /** Search for a plan. The same problem gives the same plan. */
  public static Plan plan(BalancingProblem problem, Stop stop) {
    if ((long) problem.hosts * problem.vms > PLAIN_PAIRS) {
      var balance = new Balance(problem);
      new Descent(balance, stop, Double.POSITIVE_INFINITY).run();
      return MoveOrder.of(problem, balance.at);
    }
    var plain = new Balance(problem);
    var steps = new SteepestDescent(plain, stop).run();
    for (double share : steps.isEmpty() ? NONE : SHARES) {
      var tried = new Balance(problem);
      new Descent(tried, stop.down(plain.score()), share * plain.copied()).run();
      // what is left then for single moves is taken, or a second plan would be made of it
      new SteepestDescent(tried, stop).run();
      if (tried.copied() <= plain.copied() && tried.score() <= plain.score()) {
        var plan = MoveOrder.of(problem, tried.at);
        if (plan.steps().size() == tried.displaced()) {
          return plan;
        }
      }
    }
    var plan = MoveOrder.of(problem, plain.at);
    return plan.steps().size() == plain.displaced() ? plan : asTaken(problem, steps, plain);
  }

  private static Plan asTaken(BalancingProblem problem, List<Plan.Step> steps, Balance after) {
    double memory = steps.stream().mapToDouble(step -> problem.memory[step.vm()]).sum();
    return new Plan(steps, score(problem), after.score(), memory);
  }

  /** Score the placement that a problem starts with. */
  public static double score(BalancingProblem problem) {
    return new Balance(problem).score();
  }
}
