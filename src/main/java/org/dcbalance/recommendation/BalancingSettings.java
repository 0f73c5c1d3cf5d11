package org.dcbalance.recommendation;

import jakarta.validation.Valid;
import java.time.Duration;
import java.util.Objects;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolLimits;
import org.dcbalance.strategy.Limits;
import org.dcbalance.units.Memory;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the rounds.
 *
 * @param window how far back a decision looks
 * @param every time between two rounds of a pool
 * @param holdRounds rounds that a pool must be out of bounds before anything is proposed
 * @param imbalanceThreshold imbalance above which a pool is out of balance
 * @param cpuThreshold share of a host's CPU above which it is overloaded
 * @param memoryThreshold share of a host's memory above which it is overloaded
 * @param minimumGain least share of the imbalance that a move has to take away
 * @param minimumCoverage least share of the window's samples needed from every host
 * @param maxMoves moves of one pool at once, those under way included
 * @param maxTransfer most that the moves of one round copy together, 0 for any amount
 * @param historyFromHosts open hosts from which on a pool's past decisions answer like situations
 * @param downtimeSlo longest downtime that a proposed move may be expected to have
 * @param coolDown rest of a VM after a move, doubled for each move within 24 hours
 * @param coolDownMost longest rest
 * @param expiry how long a recommendation stands unless a later round confirms it
 * @param fallBackAfter failed or unhelpful moves in a row after which automatic becomes manual
 * @param keepRounds how long rounds are kept, but for those by which a recommendation was confirmed
 *     last or whose decision is remembered, which stay
 * @param keepInputs how long a round can be replayed; 0 for not at all
 * @param simulated what differs for the simulated pool, where time is short
 */
@Validated
@ConfigurationProperties("dcbalance.balancing")
public record BalancingSettings(
    @DefaultValue("10m") @DurationMin(seconds = 1) Duration window,
    @DefaultValue("60s") @DurationMin(seconds = 1) Duration every,
    @DefaultValue("3") int holdRounds,
    @DefaultValue("0.15") double imbalanceThreshold,
    @DefaultValue("0.85") double cpuThreshold,
    @DefaultValue("0.90") double memoryThreshold,
    @DefaultValue("0.10") double minimumGain,
    @DefaultValue("0.80") double minimumCoverage,
    @DefaultValue("4") int maxMoves,
    @DefaultValue("0B") DataSize maxTransfer,
    @DefaultValue("100") int historyFromHosts,
    @DefaultValue("1s") @DurationMin(millis = 1) Duration downtimeSlo,
    @DefaultValue("30m") @DurationMin Duration coolDown,
    @DefaultValue("6h") @DurationMin Duration coolDownMost,
    @DefaultValue("15m") @DurationMin(seconds = 1) Duration expiry,
    @DefaultValue("2") int fallBackAfter,
    @DefaultValue("90d") @DurationMin(days = 1) Duration keepRounds,
    @DefaultValue("24h") @DurationMin Duration keepInputs,
    @DefaultValue @Valid Simulated simulated) {

  public BalancingSettings {
    share("imbalance-threshold", imbalanceThreshold);
    share("cpu-threshold", cpuThreshold);
    share("memory-threshold", memoryThreshold);
    share("minimum-gain", minimumGain);
    share("minimum-coverage", minimumCoverage);
    if (maxTransfer.isNegative()) {
      throw new IllegalArgumentException(
          "dcbalance.balancing.max-transfer must be at least 0, not " + maxTransfer + ".");
    }
    atLeastOne("hold-rounds", holdRounds);
    atLeastOne("max-moves", maxMoves);
    atLeastOne("history-from-hosts", historyFromHosts);
    atLeastOne("fall-back-after", fallBackAfter);
  }

  /** What differs for the simulated pool. */
  public record Simulated(
      @DefaultValue("30s") @DurationMin(seconds = 1) Duration window,
      @DefaultValue("5s") @DurationMin(seconds = 1) Duration every,
      @DefaultValue("2") int holdRounds,
      @DefaultValue("0.60") double minimumCoverage,
      @DefaultValue("2m") @DurationMin Duration coolDown,
      @DefaultValue("10m") @DurationMin Duration coolDownMost) {
    public Simulated {
      atLeastOne("simulated.hold-rounds", holdRounds);
      share("simulated.minimum-coverage", minimumCoverage);
    }
  }

  /** The settings that hold for one pool. */
  public record Pace(
      Duration window, Duration every, Limits limits, Duration coolDown, Duration coolDownMost) {
    /** Be content with however few samples there are. */
    Pace withAnyCoverage() {
      return new Pace(window, every, limits.withMinimumCoverage(0), coolDown, coolDownMost);
    }
  }

  /** Give what holds for a pool: its own settings, and the usual ones where it has none. */
  public Pace pace(HostPool pool) {
    var usual = pace(pool.simulated());
    var own = pool.limits();
    var coolDown = or(own.coolDownSeconds(), usual.coolDown());
    var most = or(own.coolDownMostSeconds(), usual.coolDownMost());
    return new Pace(
        or(own.windowSeconds(), usual.window()),
        usual.every(),
        limits(pool, own, usual.limits()),
        coolDown,
        // a rest that is set is not cut short by one that is not
        most.compareTo(coolDown) < 0 ? coolDown : most);
  }

  private static Limits limits(HostPool pool, PoolLimits own, Limits usual) {
    var room = pool.room();
    return new Limits(
        or(own.imbalanceThreshold(), usual.imbalanceThreshold()),
        or(pool.cpuThreshold(), usual.cpuThreshold()),
        or(own.memoryThreshold(), usual.memoryThreshold()),
        or(own.minimumGain(), usual.minimumGain()),
        own.holdRounds() == null ? usual.holdRounds() : own.holdRounds(),
        usual.minimumCoverage(),
        own.maxMoves() == null ? usual.maxMoves() : own.maxMoves(),
        room.maxTransferGib() == null ? usual.maxTransfer() : Memory.ofGiB(room.maxTransferGib()),
        usual.downtimeSlo(),
        new Limits.Room(
            room.hostLoss(),
            Memory.ofGiB(Objects.requireNonNullElse(room.largeVmGib(), 0)),
            Objects.requireNonNullElse(room.largeVmCores(), 0)));
  }

  private static Duration or(@Nullable Integer seconds, Duration usual) {
    return seconds == null ? usual : Duration.ofSeconds(seconds);
  }

  private static double or(@Nullable Double own, double usual) {
    return own == null ? usual : own;
  }

  /** Give what holds where a pool has no settings of its own. */
  public Pace pace(boolean simulatedPool) {
    return simulatedPool
        ? new Pace(
            simulated.window(),
            simulated.every(),
            limits(simulated.holdRounds(), simulated.minimumCoverage()),
            simulated.coolDown(),
            simulated.coolDownMost())
        : new Pace(window, every, limits(holdRounds, minimumCoverage), coolDown, coolDownMost);
  }

  private Limits limits(int hold, double coverage) {
    return new Limits(
        imbalanceThreshold,
        cpuThreshold,
        memoryThreshold,
        minimumGain,
        hold,
        coverage,
        maxMoves,
        maxTransfer.toBytes() == 0 ? Limits.ANY_TRANSFER : new Memory(maxTransfer.toBytes()),
        downtimeSlo,
        Limits.Room.NONE);
  }

  private static void share(String name, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "dcbalance.balancing." + name + " must be above 0 and at most 1, not " + value + ".");
    }
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "dcbalance.balancing." + name + " must be at least 1, not " + value + ".");
    }
  }
}
