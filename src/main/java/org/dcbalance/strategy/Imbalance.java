package org.dcbalance.strategy;

import java.util.List;

/** Score a pool: the sum of named, weighted terms; 0 is perfect balance. */
public record Imbalance(List<Term> terms) {
  public Imbalance {
    terms = List.copyOf(terms);
  }

  public double value() {
    return terms.stream().mapToDouble(Term::contribution).sum();
  }

  /**
   * Name one part of the score.
   *
   * @param name such as "spread of CPU"
   * @param value the term's own value
   * @param weight what it counts for
   */
  public record Term(String name, double value, double weight) {
    public double contribution() {
      return value * weight;
    }
  }
}
