package org.dcbalance.strategy;

import static org.dcbalance.strategy.BalancingProblem.ELSEWHERE;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Lower the score of a placement step by step. */
final class Descent {
  /** A move of a VM without memory counts as much as one that copies so many MiB. */
  private static final double TROUBLE = 2048;

  /** Share of the next best step's worth at which a step is taken without another look at all. */
  private static final double SLACK = 0.8;

  /** A pass of moves that leaves more than this share of the score is followed by exchanges. */
  private static final double WELL_SPENT = 0.9;

  /** After exchanges that leave more than this share of the score, no more are looked for. */
  private static final double WORTH_ANOTHER = 0.98;

  /** Most amounts that one pass of exchanges compares. */
  private static final long EXCHANGE_WORK = 30_000_000;

  private final Balance balance;
  private final BalancingProblem problem;
  private final Scan scan;
  private final Planner.Stop stop;

  /** MiB that may still be copied, and VMs that may still be moved. */
  private double budget;

  private int movesLeft;
  private double score;

  Descent(Balance balance, Planner.Stop stop, double budget) {
    this.balance = balance;
    this.problem = balance.problem;
    this.scan = new Scan(balance);
    this.stop = stop;
    this.budget = budget;
    movesLeft = stop.maxMoves() - balance.displaced();
    score = balance.score();
  }

  /**
   * A step that was worth so much when it was looked at: a move, or an exchange with another VM.
   *
   * @param other the other VM, -1 for a move
   */
  private record Candidate(int vm, int target, int other, double gain, double worth) {
    static final Comparator<Candidate> BEST_FIRST =
        Comparator.comparingDouble(Candidate::worth).reversed().thenComparingInt(Candidate::vm);
  }

  @FunctionalInterface
  private interface Look {
    @Nullable Candidate at(int vm);
  }

  /** Move and exchange until neither gains enough. */
  void run() {
    boolean gained = true;
    boolean exchanging = true;
    while (gained) {
      double before = score;
      gained = pass(fromTheMostUneven(problem.vms), this::bestMove);
      if (exchanging && score > WELL_SPENT * before) {
        before = score;
        scan.locate();
        long looks = EXCHANGE_WORK / Math.max(1, (long) problem.vms * balance.terms);
        gained |= pass(fromTheMostUneven(Math.min(looks, problem.vms / 2)), this::bestExchange);
        exchanging = score < WORTH_ANOTHER * before;
      }
    }
  }

  /**
   * Look at the VMs, then take the best steps in turn, each after another look: what it would gain
   * has seldom grown since.
   */
  private boolean pass(int[] vms, Look look) {
    var queue = new PriorityQueue<>(Candidate.BEST_FIRST);
    for (int vm : vms) {
      var candidate = look.at(vm);
      if (candidate != null) {
        queue.add(candidate);
      }
    }
    boolean any = false;
    while (!queue.isEmpty()) {
      var old = queue.remove();
      if (!stop.goesOn(score, old.gain())) {
        continue;
      }
      double next = queue.isEmpty() ? 0 : SLACK * queue.element().worth();
      var fresh = old.other() < 0 ? move(old.vm(), old.target()) : exchange(old.vm(), old.other());
      if (fresh == null || fresh.worth() < next) {
        fresh = look.at(old.vm());
      }
      if (fresh != null && fresh.worth() >= next) {
        take(fresh);
        any = true;
      } else if (fresh != null) {
        queue.add(fresh);
      }
    }
    return any;
  }

  private @Nullable Candidate bestMove(int vm) {
    int target = scan.bestTarget(vm);
    return target < 0 ? null : move(vm, target);
  }

  /** Look at a move; null if it is not possible, not affordable or gains too little. */
  private @Nullable Candidate move(int vm, int target) {
    double copied = copied(vm, target);
    if (copied > budget || displaced(vm, target) > movesLeft || !balance.fits(vm, target)) {
      return null;
    }
    double gain = balance.gain(vm, target);
    return stop.goesOn(score, gain)
        ? new Candidate(vm, target, -1, gain, gain / price(copied))
        : null;
  }

  private @Nullable Candidate bestExchange(int vm) {
    int other = scan.bestPartner(vm);
    return other < 0 ? null : exchange(vm, other);
  }

  /** Look at an exchange; null if it is not possible, not affordable or gains too little. */
  private @Nullable Candidate exchange(int vm, int other) {
    int a = balance.at[vm];
    int b = balance.at[other];
    double copied = copied(vm, b) + copied(other, a);
    if (a == b
        || copied > budget
        || displaced(vm, b) + displaced(other, a) > movesLeft
        || !balance.fitExchange(vm, other)) {
      return null;
    }
    double gain = balance.exchangeGain(vm, other);
    return stop.goesOn(score, gain)
        ? new Candidate(vm, b, other, gain, gain / price(copied))
        : null;
  }

  private static double price(double copied) {
    return TROUBLE + Math.max(0, copied);
  }

  /** Tell how much more the plan copies with this step; less if the VM comes home. */
  private double copied(int vm, int target) {
    return displaced(vm, target) * problem.memory[vm];
  }

  private int displaced(int vm, int target) {
    int home = problem.home[vm];
    return (target == home ? 0 : 1) - (balance.at[vm] == home ? 0 : 1);
  }

  private void take(Candidate step) {
    int source = balance.at[step.vm()];
    place(step.vm(), step.target());
    if (step.other() >= 0) {
      place(step.other(), source);
      scan.locate(source, step.target());
    }
    score -= step.gain();
  }

  private void place(int vm, int target) {
    budget -= copied(vm, target);
    movesLeft -= displaced(vm, target);
    balance.move(vm, target);
  }

  /** Give the movable VMs, at most so many, those on the hosts that are furthest off first. */
  private int[] fromTheMostUneven(long most) {
    var unevenness = new double[problem.hosts];
    for (int t = 0; t < balance.terms; t++) {
      double mean = balance.sum[t] / problem.hosts;
      double scale = balance.weight(t) / Math.max(1e-9, balance.deviation[t]);
      for (int host = 0; host < problem.hosts; host++) {
        double off = balance.share[t][host] - mean;
        unevenness[host] += scale * off * off;
      }
    }
    var order =
        IntStream.range(0, problem.hosts)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer host) -> -unevenness[host])
                    .thenComparing(host -> host))
            .toList();
    var rank = new int[problem.hosts];
    for (int i = 0; i < rank.length; i++) {
      rank[order.get(i)] = i + 1;
    }
    // VMs by host, those elsewhere first: a sort by counting, since there are many of them
    var ends = new int[problem.hosts + 1];
    for (int vm = 0; vm < problem.vms; vm++) {
      if (problem.movable[vm]) {
        ends[rank(rank, vm)]++;
      }
    }
    for (int i = 1; i < ends.length; i++) {
      ends[i] += ends[i - 1];
    }
    var sorted = new int[ends[ends.length - 1]];
    for (int vm = problem.vms - 1; vm >= 0; vm--) {
      if (problem.movable[vm]) {
        sorted[--ends[rank(rank, vm)]] = vm;
      }
    }
    return Arrays.copyOf(sorted, (int) Math.min(most, sorted.length));
  }

  private int rank(int[] rank, int vm) {
    return balance.at[vm] == ELSEWHERE ? 0 : rank[balance.at[vm]];
  }
}
