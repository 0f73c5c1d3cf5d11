package org.dcbalance.pages;

import java.math.BigDecimal;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.recommendation.RoundReplays.Changes;
import org.dcbalance.recommendation.RoundReplays.DecidedBy;
import org.dcbalance.strategy.Limits;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * What was filled into the form that decides a round again; what is empty is as it was. Shares are
 * in percent.
 *
 * @param maxTransferGib 0 for any amount
 */
record ReplayForm(
    HostPool.@Nullable Balancing strategy,
    @Nullable BigDecimal cpuPercent,
    @Nullable BigDecimal memoryPercent,
    @Nullable BigDecimal imbalance,
    @Nullable BigDecimal gainPercent,
    @Nullable Integer holdRounds,
    @Nullable Integer maxMoves,
    @Nullable Integer maxTransferGib) {
  /** Show what a round was decided by. */
  static ReplayForm of(DecidedBy decided) {
    var limits = decided.limits();
    return new ReplayForm(
        decided.strategy(),
        StrategyForm.percent(limits.cpuThreshold()),
        StrategyForm.percent(limits.memoryThreshold()),
        StrategyForm.plain(BigDecimal.valueOf(limits.imbalanceThreshold())),
        StrategyForm.percent(limits.minimumGain()),
        limits.holdRounds(),
        limits.maxMoves(),
        limits.maxTransfer().equals(Limits.ANY_TRANSFER)
            ? 0
            : (int) (limits.maxTransfer().bytes() / Memory.ofGiB(1).bytes()));
  }

  /**
   * Say what is to be otherwise.
   *
   * @throws Problem if a number is far beyond anything
   */
  Changes changes() {
    return new Changes(
        strategy,
        share("CPU threshold", cpuPercent),
        share("memory threshold", memoryPercent),
        imbalance == null
            ? null
            : StrategyForm.bounded("imbalance threshold", imbalance).doubleValue(),
        share("minimum gain", gainPercent),
        holdRounds,
        maxMoves,
        maxTransferGib);
  }

  private static @Nullable Double share(String name, @Nullable BigDecimal percent) {
    return percent == null ? null : StrategyForm.share(name, percent);
  }
}
