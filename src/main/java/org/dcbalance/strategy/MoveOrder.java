package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.List;

/**
 * Put the moves that lead from one placement to another into an order in which each target has room
 * when its turn comes, the ones that gain most first.
 */
final class MoveOrder {
  /** Gains compared for a whole plan; long plans compare fewer for each step. */
  private static final int COMPARED = 200_000;

  private MoveOrder() {}

  /** Order the moves to where the VMs are to be; those for which room never comes are left out. */
  static Plan of(BalancingProblem problem, int[] goal) {
    var balance = new Balance(problem);
    double before = balance.score();
    var left = new ArrayList<Integer>();
    for (int vm = 0; vm < problem.vms; vm++) {
      if (goal[vm] != problem.home[vm]) {
        left.add(vm);
      }
    }
    var steps = new ArrayList<Plan.Step>();
    double memory = 0;
    int looks = 16 + COMPARED / Math.max(1, left.size());
    while (!left.isEmpty()) {
      int next = next(balance, left, goal, looks);
      if (next < 0) {
        break;
      }
      // by its place in the list
      int vm = left.remove(next);
      steps.add(new Plan.Step(vm, balance.at[vm], goal[vm], balance.gain(vm, goal[vm])));
      balance.move(vm, goal[vm]);
      memory += problem.memory[vm];
    }
    return new Plan(steps, before, balance.score(), memory);
  }

  private static int next(Balance balance, List<Integer> left, int[] goal, int looks) {
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    int looked = 0;
    for (int i = 0; i < left.size() && looked < looks; i++) {
      int vm = left.get(i);
      if (!balance.fits(vm, goal[vm])) {
        continue;
      }
      looked++;
      double gain = balance.gain(vm, goal[vm]);
      if (gain > most) {
        most = gain;
        best = i;
      }
    }
    return best;
  }
}
