package org.dcbalance.strategy;

/** The usual limits with another cap. */
final class TestLimits {
  private TestLimits() {}

  static Limits moves(int most) {
    return Limits.DEFAULTS.withMaxMoves(most);
  }
}
