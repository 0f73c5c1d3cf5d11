package org.dcbalance.strategy;

import java.util.List;

/** Score a pool: the sum of named, weighted terms; 0 is perfect balance. */
public record Imbalance(List<Term> terms) {
  /** Score of a pool with nothing to balance. */
  public static final Imbalance NONE = new Imbalance(List.of());

  public Imbalance {
    terms = List.copyOf(terms);
  }

  /** Score a pool as it is, by its open hosts. */
  public static Imbalance of(Pool pool, Limits limits) {
    boolean open = pool.hosts().stream().anyMatch(host -> host.closed() == null);
    return open ? Placement.of(pool, limits).imbalance() : NONE;
  }

  public double value() {
    return terms.stream().mapToDouble(Term::contribution).sum();
  }

  /**
   * Tell whether the pool is out of bounds: its imbalance is above the threshold, or a host is
   * overloaded.
   */
  public boolean outOfBounds(Limits limits) {
    return value() > limits.imbalanceThreshold()
        || terms.stream().anyMatch(term -> term.overload() && term.value() > 0);
  }

  /**
   * Name one part of the score.
   *
   * @param name such as "spread of CPU"
   * @param value the term's own value
   * @param weight what it counts for
   * @param overload whether it measures hosts above a threshold; any of that is out of bounds
   */
  public record Term(String name, double value, double weight, boolean overload) {
    public double contribution() {
      return value * weight;
    }
  }
}
