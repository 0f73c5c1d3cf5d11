package org.dcbalance.strategy;

/** The usual limits with another cap. */
final class TestLimits {
  private TestLimits() {}

  static Limits moves(int most) {
    var usual = Limits.DEFAULTS;
    return new Limits(
        usual.imbalanceThreshold(),
        usual.cpuThreshold(),
        usual.memoryThreshold(),
        usual.minimumGain(),
        usual.holdRounds(),
        usual.minimumCoverage(),
        most,
        usual.downtimeSlo());
  }
}
