package org.dcbalance.strategy;

import static org.dcbalance.strategy.BalancingProblem.ELSEWHERE;

import java.util.Arrays;

/**
 * Look at all targets of a VM, or at all partners for an exchange, at once: one loop without
 * branches for each term, which the compiler turns into vector instructions. The results are the
 * scores themselves and not estimates.
 */
final class Scan {
  private final Balance balance;
  private final int hosts;
  private final double perHost;
  private final double[] scores;

  /** Share of the host that a VM is on and one over that host's capacity, by term and VM. */
  private final double[][] shareAt;

  private final double[][] inverseAt;
  private final double[] partnerScores;

  Scan(Balance balance) {
    this.balance = balance;
    hosts = balance.problem.hosts;
    perHost = 1.0 / hosts;
    scores = new double[hosts];
    shareAt = new double[balance.terms][balance.problem.vms];
    inverseAt = new double[balance.terms][balance.problem.vms];
    partnerScores = new double[balance.problem.vms];
  }

  /** Find the target that gains most, the first of equal ones; -1 if there is none that fits. */
  int bestTarget(int vm) {
    score(vm);
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int host = 0; host < hosts; host++) {
      if (scores[host] < least && balance.fits(vm, host)) {
        least = scores[host];
        best = host;
      }
    }
    return best;
  }

  /** Tell how much a move of the VM could gain if nothing kept it off any host. */
  double mostGain(int vm) {
    score(vm);
    int best = -1;
    for (int host = 0; host < hosts; host++) {
      if (host != balance.at[vm] && (best < 0 || scores[host] < scores[best])) {
        best = host;
      }
    }
    return best < 0 ? Double.NEGATIVE_INFINITY : balance.gain(vm, best);
  }

  /** Score what depends on the target: the spreads, and the overload of targets. */
  private void score(int vm) {
    var out = scores;
    Arrays.fill(out, 0);
    int source = balance.at[vm];
    for (int t = 0; t < balance.terms; t++) {
      double moved = balance.amount[t][vm];
      if (moved == 0) {
        continue;
      }
      double sum = balance.sum[t];
      double squares = balance.squares[t];
      if (source != ELSEWHERE) {
        double taken = moved * balance.inverse[t][source];
        sum -= taken;
        squares += taken * (taken - 2 * balance.share[t][source]);
      }
      deviations(
          out,
          balance.share[t],
          balance.inverse[t],
          moved,
          new double[] {sum, squares, balance.weight(t), perHost});
      if (balance.overloadWeight(t) > 0) {
        overloads(out, t, moved);
      }
    }
    for (int host = 0; host < hosts && balance.problem.rules[vm].length > 0; host++) {
      out[host] -= balance.ruleGain(vm, host);
    }
  }

  private static void deviations(
      double[] out, double[] share, double[] inverse, double moved, double[] known) {
    double sum = known[0];
    double squares = known[1];
    double weight = known[2];
    double perHost = known[3];
    for (int host = 0; host < out.length; host++) {
      double added = moved * inverse[host];
      double mean = (sum + added) * perHost;
      double variance = (squares + added * (added + 2 * share[host])) * perHost - mean * mean;
      out[host] += weight * Math.sqrt(Math.max(0, variance));
    }
  }

  private void overloads(double[] out, int term, double moved) {
    var share = balance.share[term];
    var inverse = balance.inverse[term];
    double threshold = balance.threshold(term);
    double weight = balance.overloadWeight(term);
    for (int host = 0; host < out.length; host++) {
      double before = Math.max(0, share[host] - threshold);
      out[host] += weight * (Math.max(0, share[host] + moved * inverse[host] - threshold) - before);
    }
  }

  /** Take over where every VM is, before the first look at partners. */
  void locate() {
    for (int vm = 0; vm < balance.problem.vms; vm++) {
      locate(vm);
    }
  }

  /** Take over where the VMs of two hosts are, after VMs on them have moved. */
  void locate(int oneHost, int otherHost) {
    for (int vm = 0; vm < balance.problem.vms; vm++) {
      if (balance.at[vm] == oneHost || balance.at[vm] == otherHost) {
        locate(vm);
      }
    }
  }

  private void locate(int vm) {
    int host = balance.at[vm];
    if (host != ELSEWHERE) {
      for (int t = 0; t < balance.terms; t++) {
        shareAt[t][vm] = balance.share[t][host];
        inverseAt[t][vm] = balance.inverse[t][host];
      }
    }
  }

  /** Find the VM with which an exchange gains most, the first of equal ones; -1 if none fits. */
  int bestPartner(int vm) {
    var out = partnerScores;
    Arrays.fill(out, 0);
    int host = balance.at[vm];
    if (host == ELSEWHERE) {
      return -1;
    }
    for (int t = 0; t < balance.terms; t++) {
      partnerDeviations(
          out,
          new double[][] {balance.amount[t], shareAt[t], inverseAt[t]},
          new double[] {
            balance.amount[t][vm],
            balance.sum[t],
            balance.squares[t],
            balance.weight(t),
            perHost,
            balance.share[t][host],
            balance.inverse[t][host]
          });
      if (balance.overloadWeight(t) > 0) {
        partnerOverloads(out, t, vm);
      }
    }
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int other = 0; other < out.length; other++) {
      if (out[other] < least
          && balance.at[other] != host
          && balance.at[other] != ELSEWHERE
          && balance.problem.movable[other]
          && balance.fitExchange(vm, other)) {
        least = out[other];
        best = other;
      }
    }
    return best;
  }

  private static void partnerDeviations(double[] out, double[][] partners, double[] known) {
    var amount = partners[0];
    var share = partners[1];
    var inverse = partners[2];
    double own = known[0];
    double sum = known[1];
    double squares = known[2];
    double weight = known[3];
    double perHost = known[4];
    double from = 2 * known[5];
    double inverseFrom = known[6];
    for (int other = 0; other < out.length; other++) {
      double moved = own - amount[other];
      double taken = moved * inverseFrom;
      double added = moved * inverse[other];
      double mean = (sum - taken + added) * perHost;
      double squared = squares + taken * (taken - from) + added * (added + 2 * share[other]);
      out[other] += weight * Math.sqrt(Math.max(0, squared * perHost - mean * mean));
    }
  }

  private void partnerOverloads(double[] out, int term, int vm) {
    var amount = balance.amount[term];
    double threshold = balance.threshold(term);
    double weight = balance.overloadWeight(term);
    int host = balance.at[vm];
    double from = balance.share[term][host];
    double inverseFrom = balance.inverse[term][host];
    for (int other = 0; other < out.length; other++) {
      double moved = amount[vm] - amount[other];
      double to = shareAt[term][other];
      double after =
          Math.max(0, from - moved * inverseFrom - threshold)
              + Math.max(0, to + moved * inverseAt[term][other] - threshold);
      out[other] += weight * (after - Math.max(0, to - threshold));
    }
  }
}
