package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Take the move that gains most, whatever it copies, again and again: the obvious plan, by which
 * the search measures itself.
 *
 * <p>A move changes two hosts. So between two looks at everything, a VM on another host is looked
 * at on its best target so far and on the host that has just become lighter, no more.
 */
final class SteepestDescent {
  private static final int STEPS_BETWEEN_LOOKS = 16;

  /** VMs whose gain was more than this share of the best one's are looked at anew for each step. */
  private static final double NEAR = 0.5;

  private final Balance balance;
  private final BalancingProblem problem;
  private final Planner.Stop stop;
  private final Scan scan;
  private final int[] target;
  private final double[] gain;
  private int movesLeft;
  private final List<Plan.Step> taken = new ArrayList<>();

  SteepestDescent(Balance balance, Planner.Stop stop) {
    this.balance = balance;
    this.problem = balance.problem;
    this.stop = stop;
    scan = new Scan(balance);
    target = new int[problem.vms];
    gain = new double[problem.vms];
    movesLeft = stop.maxMoves() - balance.displaced();
  }

  /** Descend, and give the steps as they were taken: a VM may have several. */
  List<Plan.Step> run() {
    lookAtEverything();
    int steps = 0;
    boolean fresh = true;
    while (true) {
      double near = NEAR * Math.max(0, gain(best()));
      for (int vm = 0; vm < problem.vms && !fresh; vm++) {
        if (gain[vm] > near) {
          look(vm);
        }
      }
      int vm = best();
      if (vm < 0 || !stop.goesOn(balance.score(), gain[vm])) {
        if (fresh) {
          return List.copyOf(taken);
        }
        lookAtEverything();
        fresh = true;
        continue;
      }
      int source = balance.at[vm];
      int goal = target[vm];
      movesLeft -= displaced(vm, goal);
      taken.add(new Plan.Step(vm, source, goal, gain[vm]));
      balance.move(vm, goal);
      fresh = ++steps % STEPS_BETWEEN_LOOKS == 0;
      if (fresh) {
        lookAtEverything();
      } else {
        lookAround(source, goal);
      }
    }
  }

  private double gain(int vm) {
    return vm < 0 ? 0 : gain[vm];
  }

  private int best() {
    int best = -1;
    double most = 0;
    for (int vm = 0; vm < problem.vms; vm++) {
      if (gain[vm] > most && displaced(vm, target[vm]) <= movesLeft) {
        most = gain[vm];
        best = vm;
      }
    }
    return best;
  }

  private int displaced(int vm, int host) {
    int home = problem.home[vm];
    return (host == home ? 0 : 1) - (balance.at[vm] == home ? 0 : 1);
  }

  private void lookAtEverything() {
    Arrays.fill(gain, Double.NEGATIVE_INFINITY);
    for (int vm = 0; vm < problem.vms; vm++) {
      if (problem.movable[vm]) {
        look(vm);
      }
    }
  }

  private void look(int vm) {
    target[vm] = scan.bestTarget(vm);
    gain[vm] = target[vm] < 0 ? Double.NEGATIVE_INFINITY : balance.gain(vm, target[vm]);
  }

  private void lookAround(int lighter, int heavier) {
    for (int vm = 0; vm < problem.vms; vm++) {
      int at = balance.at[vm];
      if (!problem.movable[vm]) {
        continue;
      }
      if (at == lighter || at == heavier || target[vm] == lighter || target[vm] == heavier) {
        look(vm);
        continue;
      }
      gain[vm] = target[vm] < 0 ? Double.NEGATIVE_INFINITY : balance.gain(vm, target[vm]);
      if (lighter >= 0 && balance.fits(vm, lighter)) {
        double there = balance.gain(vm, lighter);
        if (there > gain[vm]) {
          target[vm] = lighter;
          gain[vm] = there;
        }
      }
    }
  }
}
