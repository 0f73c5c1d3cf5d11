package org.dcbalance.strategy;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;

/** Expect what moves cost, tell which ones cost too much, and keep account of what is copied. */
final class Prices {
  /** A move that takes so long has to gain twice as much as one that takes no time. */
  private static final double PRICE_TIME = 300;

  private final Limits limits;
  private final PreCopyModel model;

  /** What the moves that were chosen so far copy, in bytes. */
  private long copied;

  /** Costs of moves between hosts that have no history of their own: the same for all of them. */
  private final Map<VmId, MigrationCost> usualCosts = new HashMap<>();

  Prices(List<PastMove> history, Limits limits) {
    this.limits = limits;
    this.model = PreCopyModel.learn(history);
  }

  MigrationCost cost(VmLoad vm, HostId target) {
    return model.knows(vm.host(), target)
        ? model.expect(vm, target, limits.downtimeSlo())
        : usualCosts.computeIfAbsent(vm.id(), _ -> model.expect(vm, target, limits.downtimeSlo()));
  }

  /** Give what a gain is divided by to tell its worth. */
  double price(MigrationCost cost) {
    double slo = Math.max(1e-3, seconds(limits.downtimeSlo()));
    return 1 + seconds(cost.total()) / PRICE_TIME + seconds(cost.downtime()) / slo;
  }

  /** Count what a chosen move copies; from then on so much less may be copied. */
  void choose(MigrationCost cost) {
    copied += cost.transferred().bytes();
  }

  /** Forget what was chosen. */
  void chooseAnew() {
    copied = 0;
  }

  /** Tell what may still be copied. */
  Memory left() {
    return new Memory(Math.max(0, limits.maxTransfer().bytes() - copied));
  }

  boolean overTransfer(MigrationCost cost) {
    return cost.transferred().bytes() > left().bytes();
  }

  boolean unaffordable(VmLoad vm, MigrationCost cost) {
    return pausesTooLong(vm, cost) || takesTooLong(vm, cost);
  }

  /** An assumption does not refuse a move: only a measured rate or earlier moves do. */
  private boolean pausesTooLong(VmLoad vm, MigrationCost cost) {
    if (!cost.converges()) {
      return cost.measuredDirtyRate();
    }
    return (cost.measuredDirtyRate() || cost.pastMoves() > 0)
        && cost.downtime().compareTo(vm.longestPause(limits)) > 0;
  }

  /** How much of its memory is sent at all, its own earlier moves have shown. */
  private static boolean takesTooLong(VmLoad vm, MigrationCost cost) {
    var longest = vm.allowed().longest();
    return longest != null && cost.pastMoves() > 0 && cost.total().compareTo(longest) > 0;
  }

  Reason tooCostly(VmLoad vm, MigrationCost cost) {
    var longest = vm.allowed().longest();
    if (longest != null && !pausesTooLong(vm, cost)) {
      return new Reason.TooLong(seconds(cost.total()), seconds(longest));
    }
    double dirty = vm.dirtyRate() == null ? 0 : vm.dirtyRate().bytesPerSecond();
    return new Reason.TooCostly(
        dirty / (1024 * 1024), seconds(cost.downtime()), seconds(vm.longestPause(limits)));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
