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
   * Tell whether the pool is out of bounds: uneven, or a rule is broken, or room is missing that
   * moves could make.
   */
  public boolean outOfBounds(Limits limits) {
    return uneven(limits)
        || terms.stream().anyMatch(term -> term.part() == Part.WISH && term.value() > 0);
  }

  /** Tell whether its loads are spread too unevenly, or a host is overloaded. */
  public boolean uneven(Limits limits) {
    return sum(Part.SPREAD) + sum(Part.OVERLOAD) > limits.imbalanceThreshold()
        || terms.stream().anyMatch(term -> term.part() == Part.OVERLOAD && term.value() > 0);
  }

  private double sum(Part part) {
    return terms.stream().filter(term -> term.part() == part).mapToDouble(Term::contribution).sum();
  }

  /** What a part of the score is about. */
  public enum Part {
    /** How evenly something is spread. */
    SPREAD,
    /** Hosts above a threshold; any of that is out of bounds. */
    OVERLOAD,
    /** What operators ask for besides; any of it that is not met is out of bounds. */
    WISH,
    /** What moves cannot change for the better, and must not change for the worse. */
    NOTE
  }

  /**
   * Name one part of the score.
   *
   * @param name such as "spread of CPU"
   * @param value the term's own value
   * @param weight what it counts for
   */
  public record Term(String name, double value, double weight, Part part) {
    public double contribution() {
      return value * weight;
    }
  }
}
