package org.dcbalance.pages;

import java.math.BigDecimal;
import java.util.function.Function;
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
   * @param shown what the form showed at first: what is still so is kept to exactly, and not as
   *     rounded for the form; null if nothing is known of it
   * @throws Problem if a number is far beyond anything
   */
  Changes changes(@Nullable ReplayForm shown) {
    var imbalanceNow = changed(imbalance, shown, ReplayForm::imbalance);
    return new Changes(
        changed(strategy, shown, ReplayForm::strategy),
        share("CPU threshold", changed(cpuPercent, shown, ReplayForm::cpuPercent)),
        share("memory threshold", changed(memoryPercent, shown, ReplayForm::memoryPercent)),
        imbalanceNow == null
            ? null
            : StrategyForm.bounded("imbalance threshold", imbalanceNow).doubleValue(),
        share("minimum gain", changed(gainPercent, shown, ReplayForm::gainPercent)),
        changed(holdRounds, shown, ReplayForm::holdRounds),
        changed(maxMoves, shown, ReplayForm::maxMoves),
        changed(maxTransferGib, shown, ReplayForm::maxTransferGib));
  }

  private static <T extends Comparable<? super T>> @Nullable T changed(
      @Nullable T typed, @Nullable ReplayForm shown, Function<ReplayForm, @Nullable T> field) {
    var before = shown == null ? null : field.apply(shown);
    return typed != null && before != null && typed.compareTo(before) == 0 ? null : typed;
  }

  private static @Nullable Double share(String name, @Nullable BigDecimal percent) {
    return percent == null ? null : StrategyForm.share(name, percent);
  }
}
