package org.dcbalance.strategy;

import static org.dcbalance.strategy.BalancingProblem.ELSEWHERE;

import java.util.BitSet;
import org.dcbalance.strategy.Rule.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Count the VMs that break each rule, and tell what a move changes about it in work that does not
 * grow with the pool.
 *
 * <p>A rule is broken once by each VM that would have to move for it: of VMs that belong together
 * those off the host that has most of them, of VMs that belong apart all but one on each host. VMs
 * on hosts that are not open break nothing.
 */
final class RuleCounts {
  /** A VM that breaks a hard rule counts for more than any spread that mending it may cost. */
  static final double HARD_WEIGHT = 2;

  /** A wish alone is out of bounds, and worth as much unevenness. */
  static final double SOFT_WEIGHT = 0.2;

  private final RuleBook book;

  /** VMs on each host, and those that are about to leave it; by rule and host. */
  private final int[][] count;

  private final int[][] leaving;

  /** How many hosts have so many of a rule's VMs; by rule and number of VMs. */
  private final int[][] hostsWith;

  private final int[] total;
  private final int[] most;
  private int hard;
  private int soft;

  RuleCounts(RuleBook book, int hosts) {
    this.book = book;
    int n = book.rules.size();
    count = new int[n][hosts];
    leaving = new int[n][hosts];
    hostsWith = new int[n][];
    for (int r = 0; r < n; r++) {
      hostsWith[r] = new int[book.rules.get(r).vms().size() + 1];
      hostsWith[r][0] = hosts;
    }
    total = new int[n];
    most = new int[n];
  }

  /** Take over how things stand, to try something out. */
  RuleCounts(RuleCounts other) {
    book = other.book;
    count = deep(other.count);
    leaving = deep(other.leaving);
    hostsWith = deep(other.hostsWith);
    total = other.total.clone();
    most = other.most.clone();
    hard = other.hard;
    soft = other.soft;
  }

  private static int[][] deep(int[][] table) {
    var copy = table.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = copy[i].clone();
    }
    return copy;
  }

  /** Count how often hard rules are broken. */
  int hard() {
    return hard;
  }

  /** Count how often soft rules are broken. */
  int soft() {
    return soft;
  }

  double cost() {
    return HARD_WEIGHT * hard + SOFT_WEIGHT * soft;
  }

  /** Put a VM on a host, or take it off with a sign of -1. */
  void put(int[] rules, int host, int sign) {
    for (int r : rules) {
      int change = sign > 0 ? change(r, 1, ELSEWHERE, host) : change(r, 1, host, ELSEWHERE);
      if (book.rules.get(r).hard()) {
        hard += change;
      } else {
        soft += change;
      }
      int before = count[r][host];
      count[r][host] = before + sign;
      hostsWith[r][before]--;
      hostsWith[r][before + sign]++;
      total[r] += sign;
      most[r] = Math.max(most[r], before + sign);
      while (most[r] > 0 && hostsWith[r][most[r]] == 0) {
        most[r]--;
      }
    }
  }

  /** Note that a VM which no longer counts on a host is still there. */
  void leave(int[] rules, int host) {
    for (int r : rules) {
      leaving[r][host]++;
    }
  }

  /** Tell by how much a move raises {@link #cost()}. */
  double change(int[] rules, int source, int target) {
    double change = 0;
    for (int i = 0; i < rules.length; ) {
      int together = together(rules, i);
      change +=
          (book.rules.get(rules[i]).hard() ? HARD_WEIGHT : SOFT_WEIGHT)
              * change(rules[i], together, source, target);
      i += together;
    }
    return change;
  }

  /** Find the first hard rule that a move would break; null if it breaks none. */
  @Nullable Rule refusing(int[] rules, int source, int target) {
    for (int i = 0; i < rules.length; ) {
      int r = rules[i];
      int together = together(rules, i);
      var rule = book.rules.get(r);
      // one that has yet to leave may still be there when the other one arrives
      boolean notYet = rule.kind() == Kind.APART && leaving[r][target] > 0;
      if (rule.hard() && (notYet || change(r, together, source, target) > 0)) {
        return rule;
      }
      i += together;
    }
    return null;
  }

  /** Find the rule that a move mends, a hard one if there is one; null if it mends none. */
  @Nullable Rule mended(int[] rules, int source, int target) {
    @Nullable Rule found = null;
    for (int i = 0; i < rules.length; ) {
      int together = together(rules, i);
      var rule = book.rules.get(rules[i]);
      if (change(rules[i], together, source, target) < 0
          && (found == null || (rule.hard() && !found.hard()))) {
        found = rule;
      }
      i += together;
    }
    return found;
  }

  /** Find the hard rule whose VMs should share a host and do not; null if there is none. */
  @Nullable Rule scattered(int[] rules) {
    for (int r : rules) {
      var rule = book.rules.get(r);
      if (rule.hard() && rule.kind() == Kind.TOGETHER && broken(r)) {
        return rule;
      }
    }
    return null;
  }

  /** Tell whether any of these rules is broken. */
  boolean broken(int[] rules) {
    for (int r : rules) {
      if (broken(r)) {
        return true;
      }
    }
    return false;
  }

  private boolean broken(int r) {
    return switch (book.rules.get(r).kind()) {
      case TOGETHER -> total[r] > most[r];
      case APART -> most[r] > 1;
      case ON -> anyOn(r, false);
      case OFF -> anyOn(r, true);
    };
  }

  /** Tell whether any of its VMs is on a host that the rule names, or on one that it does not. */
  private boolean anyOn(int r, boolean wanted) {
    for (int host = 0; host < count[r].length; host++) {
      if (count[r][host] > 0 && named(r).get(host) == wanted) {
        return true;
      }
    }
    return false;
  }

  /** Find the hard rule by which a VM has to go where others go that are not placed yet; or -1. */
  int unplaced(int[] rules) {
    for (int r : rules) {
      var rule = book.rules.get(r);
      if (rule.hard() && rule.kind() == Kind.TOGETHER && total[r] == 0) {
        return r;
      }
    }
    return -1;
  }

  private static int together(int[] rules, int from) {
    int end = from + 1;
    while (end < rules.length && rules[end] == rules[from]) {
      end++;
    }
    return end - from;
  }

  /** Tell how many more VMs break a rule once so many of its VMs have moved. */
  private int change(int r, int moved, int source, int target) {
    var counts = count[r];
    return switch (book.rules.get(r).kind()) {
      case TOGETHER -> {
        int after = total[r] + (source < 0 ? moved : 0) - (target < 0 ? moved : 0);
        yield after - mostAfter(r, moved, source, target) - (total[r] - most[r]);
      }
      case APART -> {
        int there = target < 0 ? 0 : tooMany(counts[target] + moved) - tooMany(counts[target]);
        int here = source < 0 ? 0 : tooMany(counts[source] - moved) - tooMany(counts[source]);
        yield there + here;
      }
      case ON -> moved * (outside(r, target) - outside(r, source));
      case OFF -> moved * (inside(r, target) - inside(r, source));
    };
  }

  private int mostAfter(int r, int moved, int source, int target) {
    int here = source < 0 ? 0 : count[r][source];
    int there = target < 0 ? 0 : count[r][target];
    int least = Math.max(source < 0 ? 0 : here - moved, target < 0 ? 0 : there + moved);
    for (int n = most[r]; n > least; n--) {
      int others = hostsWith[r][n];
      others -= source >= 0 && here == n ? 1 : 0;
      others -= target >= 0 && there == n ? 1 : 0;
      if (others > 0) {
        return n;
      }
    }
    return least;
  }

  private static int tooMany(int vms) {
    return Math.max(0, vms - 1);
  }

  private int outside(int r, int host) {
    return host < 0 || named(r).get(host) ? 0 : 1;
  }

  private int inside(int r, int host) {
    return host >= 0 && named(r).get(host) ? 1 : 0;
  }

  private BitSet named(int r) {
    return book.hosts.get(r);
  }
}
