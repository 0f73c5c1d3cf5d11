package org.dcbalance.strategy;

/**
 * Let one VM leave its host, and look at what becomes of the placement where it could go. Every
 * host is looked at, so what does not depend on the target is worked out once.
 */
final class Departure {
  private static final Resource[] RESOURCES = Resource.values();

  private final Placement placement;

  /** What it uses, and how far it rises above that, each resource in its own unit. */
  private final double[] mean = new double[RESOURCES.length];

  private final double[] rise = new double[RESOURCES.length];

  /** Sums of the shares and of their squares over hosts once it has left, by resource. */
  private final double[] sums = new double[RESOURCES.length];

  private final double[] squares = new double[RESOURCES.length];

  private final double[] thresholds = new double[RESOURCES.length];

  /** Spread of what it uses nothing of: that is the same wherever it goes. */
  private double unchanged;

  /** Shares above thresholds once it has left. */
  private double overload;

  Departure(Placement placement, VmLoad vm, int source) {
    this.placement = placement;
    overload = placement.overload;
    for (var resource : RESOURCES) {
      int r = resource.ordinal();
      mean[r] = resource.amount(vm.mean());
      rise[r] = Math.max(0, resource.amount(vm.high()) - mean[r]);
      thresholds[r] = resource.threshold(placement.limits);
      double before = placement.share[r][source];
      double after = before - mean[r] * placement.inverse[r][source];
      sums[r] = placement.sums[r] - before + after;
      squares[r] = placement.squares[r] - before * before + after * after;
      overload += above(r, after) - above(r, before);
      if (mean[r] == 0) {
        unchanged += resource.spreadWeight() * deviation(sums[r], squares[r]);
      }
    }
  }

  /** Score how evenly load is spread, overload included, once it counts on the target. */
  double spreadAt(int target) {
    double score = unchanged;
    double above = overload;
    for (int r = 0; r < RESOURCES.length; r++) {
      if (mean[r] == 0) {
        continue;
      }
      double before = placement.share[r][target];
      double added = mean[r] * placement.inverse[r][target];
      score +=
          RESOURCES[r].spreadWeight()
              * deviation(sums[r] + added, squares[r] + added * (added + 2 * before));
      above += above(r, before + added) - above(r, before);
    }
    return score + Resource.OVERLOAD_WEIGHT * above;
  }

  /**
   * Give the share that a host would reach at its peaks with the VM. VMs seldom peak together, so
   * their rises above their means are added as independent ones are.
   */
  double peakAt(Resource resource, int target) {
    int r = resource.ordinal();
    double inverse = placement.inverse[r][target];
    double own = rise[r] * inverse;
    return placement.share[r][target]
        + placement.leaving[r][target]
        + mean[r] * inverse
        + Math.sqrt(Math.max(0, placement.rises[r][target]) + own * own);
  }

  private double above(int resource, double share) {
    return Math.max(0, share - thresholds[resource]);
  }

  private double deviation(double sum, double square) {
    return Placement.deviation(sum, square, placement.hostCount());
  }
}
