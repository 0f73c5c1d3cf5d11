package org.dcbalance.strategy;

import static org.dcbalance.strategy.BalancingProblem.ELSEWHERE;

import java.util.Arrays;

/**
 * Hold a placement while a plan is searched for, and tell what a move or an exchange would gain, in
 * work that does not grow with the number of hosts or VMs.
 */
final class Balance {
  /** The sums are added up anew after so many steps, before rounding shows. */
  private static final int STEPS_BETWEEN_SUMS = 256;

  final BalancingProblem problem;
  final int terms;
  final int[] at;

  /**
   * Share of each host, by term, counted from the mean: the variance of numbers that are far from
   * zero and close together would be lost in rounding.
   */
  final double[][] share;

  /** One over the capacity of each host, by term. */
  final double[][] inverse;

  /** What each VM adds, by term. */
  final double[][] amount;

  final double[] sum;
  final double[] squares;
  final double[] deviation;
  private final double[] weight;
  private final double[] overloadWeight;
  private final double[] threshold;
  private final double[][] used;
  private final double[][] rises;

  /** Number of VMs on each host, by tag. */
  private final int[][] tagged;

  private final RuleCounts rules;

  private int steps;

  Balance(BalancingProblem problem) {
    this.problem = problem;
    terms = problem.terms.size();
    at = problem.home.clone();
    share = new double[terms][];
    inverse = new double[terms][problem.hosts];
    amount = new double[terms][];
    sum = new double[terms];
    squares = new double[terms];
    deviation = new double[terms];
    weight = new double[terms];
    overloadWeight = new double[terms];
    threshold = new double[terms];
    for (int t = 0; t < terms; t++) {
      var term = problem.terms.get(t);
      share[t] = term.base().clone();
      amount[t] = term.amount();
      weight[t] = term.weight();
      overloadWeight[t] = term.overloadWeight();
      threshold[t] = term.threshold();
      for (int host = 0; host < problem.hosts; host++) {
        inverse[t][host] = 1 / term.capacity()[host];
      }
    }
    int ceilings = problem.ceilings.size();
    used = new double[ceilings][];
    rises = new double[ceilings][problem.hosts];
    for (int c = 0; c < ceilings; c++) {
      used[c] = problem.ceilings.get(c).used().clone();
    }
    tagged = new int[problem.tagCount][problem.hosts];
    rules = new RuleCounts(problem.book, problem.hosts);
    for (int vm = 0; vm < problem.vms; vm++) {
      if (at[vm] != ELSEWHERE) {
        put(vm, at[vm], 1);
      }
    }
    sumUp();
  }

  double weight(int term) {
    return weight[term];
  }

  double overloadWeight(int term) {
    return overloadWeight[term];
  }

  double threshold(int term) {
    return threshold[term];
  }

  /** Count the VMs that are not where they were at first. */
  int displaced() {
    int count = 0;
    for (int vm = 0; vm < problem.vms; vm++) {
      count += at[vm] != problem.home[vm] ? 1 : 0;
    }
    return count;
  }

  /** Tell what has to be copied to get here, in MiB. */
  double copied() {
    double memory = 0;
    for (int vm = 0; vm < problem.vms; vm++) {
      memory += at[vm] != problem.home[vm] ? problem.memory[vm] : 0;
    }
    return memory;
  }

  /** Score the placement as it is. */
  double score() {
    double score = problem.constant + rules.cost();
    for (int t = 0; t < terms; t++) {
      score += weight[t] * deviation[t];
      if (overloadWeight[t] > 0) {
        for (int host = 0; host < problem.hosts; host++) {
          score += above(t, share[t][host]);
        }
      }
    }
    for (int vm = 0; vm < problem.vms; vm++) {
      score += problem.stranded[vm] && at[vm] == ELSEWHERE ? problem.leaveWeight : 0;
    }
    for (var hosts : tagged) {
      for (int count : hosts) {
        score += problem.tagWeight * Math.max(0, count - 1);
      }
    }
    return score;
  }

  /** Tell how much lower the score gets when the VM goes there. */
  double gain(int vm, int target) {
    int source = at[vm];
    double gain = problem.stranded[vm] && source == ELSEWHERE ? problem.leaveWeight : 0;
    for (int t = 0; t < terms; t++) {
      double moved = amount[t][vm];
      if (moved == 0) {
        continue;
      }
      double to = share[t][target];
      double added = moved * inverse[t][target];
      double sumAfter = sum[t] + added;
      double squaresAfter = squares[t] + added * (added + 2 * to);
      if (overloadWeight[t] > 0) {
        gain += above(t, to) - above(t, to + added);
      }
      if (source != ELSEWHERE) {
        double from = share[t][source];
        double taken = moved * inverse[t][source];
        sumAfter -= taken;
        squaresAfter += taken * (taken - 2 * from);
        if (overloadWeight[t] > 0) {
          gain += above(t, from) - above(t, from - taken);
        }
      }
      gain += weight[t] * (deviation[t] - deviation(sumAfter, squaresAfter));
    }
    return gain + tagGain(vm, source, target) + ruleGain(vm, target);
  }

  /** Tell how much lower the score of rules gets when the VM goes there. */
  double ruleGain(int vm, int target) {
    return -rules.change(problem.rules[vm], at[vm], target);
  }

  /** Tell how much lower the score gets when two VMs on different hosts change places. */
  double exchangeGain(int one, int other) {
    int a = at[one];
    int b = at[other];
    double gain = 0;
    for (int t = 0; t < terms; t++) {
      double moved = amount[t][one] - amount[t][other];
      if (moved == 0) {
        continue;
      }
      double from = share[t][a];
      double to = share[t][b];
      double taken = moved * inverse[t][a];
      double added = moved * inverse[t][b];
      double sumAfter = sum[t] - taken + added;
      double squaresAfter = squares[t] + taken * (taken - 2 * from) + added * (added + 2 * to);
      gain += weight[t] * (deviation[t] - deviation(sumAfter, squaresAfter));
      if (overloadWeight[t] > 0) {
        gain += above(t, from) - above(t, from - taken) + above(t, to) - above(t, to + added);
      }
    }
    return gain + tagGain(one, a, b) + tagGain(other, b, a);
  }

  /** Tell whether the VM may go there now, by every rule. */
  boolean fits(int vm, int target) {
    return target != at[vm]
        && !problem.refuses(vm, target)
        && apart(vm, target)
        && rules.refusing(problem.rules[vm], at[vm], target) == null
        && hasRoom(vm, target, -1)
        && hasRoomForAll(vm, target);
  }

  /** Tell whether those find room as well that have to follow the VM. */
  private boolean hasRoomForAll(int vm, int target) {
    int rule = at[vm] == ELSEWHERE ? rules.unplaced(problem.rules[vm]) : -1;
    for (int c = 0; rule >= 0 && c < used.length; c++) {
      var ceiling = problem.ceilings.get(c);
      double level = used[c][target];
      for (int other = 0; other < problem.vms; other++) {
        boolean follows = problem.stranded[other] && at[other] == ELSEWHERE;
        level += follows && speaks(rule, other) ? ceiling.need()[other] : 0;
      }
      if (!ceiling.soft() && level > ceiling.limit()[target]) {
        return false;
      }
    }
    return true;
  }

  private boolean speaks(int rule, int vm) {
    return Arrays.stream(problem.rules[vm]).anyMatch(r -> r == rule);
  }

  /** Tell whether two VMs on different hosts may change places, once both have. */
  boolean fitExchange(int one, int other) {
    return !problem.refuses(one, at[other])
        && !problem.refuses(other, at[one])
        && problem.tags[one].length + problem.tags[other].length == 0
        && problem.rules[one].length + problem.rules[other].length == 0
        && hasRoom(one, at[other], other)
        && hasRoom(other, at[one], one);
  }

  private boolean hasRoom(int vm, int target, int without) {
    for (int c = 0; c < used.length; c++) {
      var ceiling = problem.ceilings.get(c);
      if (ceiling.soft() && at[vm] == ELSEWHERE) {
        continue;
      }
      double level = used[c][target] + ceiling.need()[vm];
      double rise = rises[c][target] + ceiling.rise()[vm] * ceiling.rise()[vm];
      if (without >= 0) {
        level -= ceiling.need()[without];
        rise -= ceiling.rise()[without] * ceiling.rise()[without];
      }
      if (level + Math.sqrt(Math.max(0, rise)) > ceiling.limit()[target]) {
        return false;
      }
    }
    return true;
  }

  private boolean apart(int vm, int target) {
    if (at[vm] == ELSEWHERE) {
      return true;
    }
    for (int tag : problem.tags[vm]) {
      if (tagged[tag][target] > 0) {
        return false;
      }
    }
    return true;
  }

  private double tagGain(int vm, int source, int target) {
    double gain = 0;
    for (int tag : problem.tags[vm]) {
      gain += source != ELSEWHERE && tagged[tag][source] > 1 ? problem.tagWeight : 0;
      gain -= tagged[tag][target] > 0 ? problem.tagWeight : 0;
    }
    return gain;
  }

  void move(int vm, int target) {
    int source = at[vm];
    if (source != ELSEWHERE) {
      put(vm, source, -1);
    }
    if (target != ELSEWHERE) {
      put(vm, target, 1);
    }
    at[vm] = target;
    if (++steps % STEPS_BETWEEN_SUMS == 0) {
      sumUp();
    }
  }

  private void put(int vm, int host, int sign) {
    for (int t = 0; t < terms; t++) {
      double before = share[t][host];
      double after = before + sign * amount[t][vm] * inverse[t][host];
      share[t][host] = after;
      sum[t] += after - before;
      squares[t] += (after - before) * (after + before);
      deviation[t] = deviation(sum[t], squares[t]);
    }
    for (int c = 0; c < used.length; c++) {
      var ceiling = problem.ceilings.get(c);
      used[c][host] += sign * ceiling.need()[vm];
      rises[c][host] += sign * ceiling.rise()[vm] * ceiling.rise()[vm];
    }
    for (int tag : problem.tags[vm]) {
      tagged[tag][host] += sign;
    }
    rules.put(problem.rules[vm], host, sign);
  }

  private void sumUp() {
    for (int t = 0; t < terms; t++) {
      double total = 0;
      for (double x : share[t]) {
        total += x;
      }
      double mean = total / Math.max(1, problem.hosts);
      sum[t] = 0;
      squares[t] = 0;
      for (int host = 0; host < problem.hosts; host++) {
        share[t][host] -= mean;
        sum[t] += share[t][host];
        squares[t] += share[t][host] * share[t][host];
      }
      threshold[t] -= mean;
      deviation[t] = deviation(sum[t], squares[t]);
    }
  }

  private double above(int term, double x) {
    return overloadWeight[term] * Math.max(0, x - threshold[term]);
  }

  private double deviation(double total, double squared) {
    if (problem.hosts == 0) {
      return 0;
    }
    double mean = total / problem.hosts;
    return Math.sqrt(Math.max(0, squared / problem.hosts - mean * mean));
  }
}
