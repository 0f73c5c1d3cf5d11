package org.dcbalance.pages;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolLimits;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.inventory.PoolRoom;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.strategy.Limits;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * What was filled into the form of a pool's strategy; an empty number is left to the settings of
 * the installation. Shares are in percent, times in minutes.
 */
record StrategyForm(
    HostPool.@Nullable Balancing strategy,
    HostPool.@Nullable Automation automation,
    HostPool.@Nullable Urgency automaticFrom,
    @Nullable String quietHours,
    @Nullable BigDecimal cpuPercent,
    @Nullable BigDecimal memoryPercent,
    @Nullable BigDecimal imbalance,
    @Nullable BigDecimal gainPercent,
    @Nullable Integer holdRounds,
    @Nullable BigDecimal windowMinutes,
    @Nullable BigDecimal coolDownMinutes,
    @Nullable BigDecimal coolDownMostMinutes,
    @Nullable Integer maxMoves,
    @Nullable Integer maxTransferGib,
    @Nullable Boolean hostLoss,
    @Nullable Integer largeVmGib,
    @Nullable Integer largeVmCores) {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final BigDecimal MINUTE = BigDecimal.valueOf(60);

  /** More than these make no sense anywhere, and would overflow. */
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

  private static final int MOST_DIGITS = 20;

  /** Show what a pool has of its own. */
  static StrategyForm of(HostPool pool) {
    var own = pool.limits();
    var room = pool.room();
    return new StrategyForm(
        pool.strategy(),
        pool.automation(),
        pool.automaticFrom(),
        pool.quietHours(),
        percent(pool.cpuThreshold()),
        percent(own.memoryThreshold()),
        own.imbalanceThreshold() == null
            ? null
            : plain(BigDecimal.valueOf(own.imbalanceThreshold())),
        percent(own.minimumGain()),
        own.holdRounds(),
        minutes(own.windowSeconds()),
        minutes(own.coolDownSeconds()),
        minutes(own.coolDownMostSeconds()),
        own.maxMoves(),
        room.maxTransferGib(),
        room.hostLoss(),
        room.largeVmGib(),
        room.largeVmCores());
  }

  /** Show what holds for pools of a kind that have nothing of their own. */
  static StrategyForm of(BalancingSettings.Pace pace) {
    var limits = pace.limits();
    return new StrategyForm(
        HostPool.Balancing.DCBALANCE,
        HostPool.Automation.MANUAL,
        HostPool.Urgency.HIGH,
        null,
        percent(limits.cpuThreshold()),
        percent(limits.memoryThreshold()),
        plain(BigDecimal.valueOf(limits.imbalanceThreshold())),
        percent(limits.minimumGain()),
        limits.holdRounds(),
        minutes(pace.window()),
        minutes(pace.coolDown()),
        minutes(pace.coolDownMost()),
        limits.maxMoves(),
        limits.maxTransfer().equals(Limits.ANY_TRANSFER)
            ? null
            : (int) (limits.maxTransfer().bytes() / Memory.ofGiB(1).bytes()),
        false,
        null,
        null);
  }

  /**
   * Say what is to change.
   *
   * @throws Problem if a number is far beyond anything
   */
  PoolPolicy.Change change() {
    return new PoolPolicy.Change(
        null,
        automation,
        automaticFrom,
        null,
        null,
        null,
        strategy,
        // 0 stands for the threshold of the settings
        cpuPercent == null ? Double.valueOf(0) : notZero(share("CPU threshold", cpuPercent)),
        quietHours == null ? "" : quietHours,
        null,
        new PoolRoom(Boolean.TRUE.equals(hostLoss), largeVmGib, largeVmCores, maxTransferGib),
        new PoolLimits(
            imbalance == null ? null : bounded("imbalance threshold", imbalance).doubleValue(),
            memoryPercent == null ? null : share("memory threshold", memoryPercent),
            gainPercent == null ? null : share("minimum gain", gainPercent),
            holdRounds,
            seconds("load window", windowMinutes),
            seconds("cool-down", coolDownMinutes),
            seconds("longest cool-down", coolDownMostMinutes),
            maxMoves));
  }

  private static double notZero(double threshold) {
    if (threshold == 0) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A CPU threshold of 0 % makes no sense.",
          "Maybe leave it empty for the default.");
    }
    return threshold;
  }

  /** Read a share that was typed in percent. */
  static double share(String name, BigDecimal percent) {
    return bounded(name, percent).divide(HUNDRED, 6, RoundingMode.HALF_UP).doubleValue();
  }

  private static @Nullable Integer seconds(String name, @Nullable BigDecimal minutes) {
    return minutes == null
        ? null
        : bounded(name, minutes).multiply(MINUTE).setScale(0, RoundingMode.HALF_UP).intValueExact();
  }

  static BigDecimal bounded(String name, BigDecimal number) {
    // an exponent may ask for more digits than there is memory
    if (number.scale() > MOST_DIGITS
        || number.scale() < -MOST_DIGITS
        || number.precision() > MOST_DIGITS
        || number.abs().compareTo(MOST) > 0) {
      throw new Problem(ErrorCode.BAD_REQUEST, "The " + name + " is no number that can be.", null);
    }
    return number;
  }

  /** Show a share in percent. */
  static @Nullable BigDecimal percent(@Nullable Double share) {
    return share == null ? null : plain(BigDecimal.valueOf(share).multiply(HUNDRED));
  }

  private static @Nullable BigDecimal minutes(@Nullable Integer seconds) {
    return seconds == null ? null : minutes(Duration.ofSeconds(seconds));
  }

  private static BigDecimal minutes(Duration time) {
    return plain(BigDecimal.valueOf(time.toSeconds()).divide(MINUTE, 4, RoundingMode.HALF_UP));
  }

  /** Write it without needless zeros, and without an exponent. */
  static BigDecimal plain(BigDecimal number) {
    var stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }
}
