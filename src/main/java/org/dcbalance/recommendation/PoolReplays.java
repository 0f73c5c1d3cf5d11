package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.replay.Contender;
import org.dcbalance.replay.RememberedDecisions;
import org.dcbalance.replay.Replay;
import org.dcbalance.replay.Tally;
import org.dcbalance.replay.Tempo;
import org.dcbalance.replay.Yardstick;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.Osvd;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.stereotype.Component;

/**
 * Replay the recorded load of a pool with other settings or strategies. Nothing of the pool is
 * changed by it, one replay runs at a time, and none takes long.
 */
@Component
public class PoolReplays {
  /** How long a replay may compute. */
  private static final Duration COMPUTING = Duration.ofSeconds(8);

  /** As the console keeps a day's peaks. */
  private static final Duration PEAKS_KEPT = Duration.ofMinutes(15);

  private final RecordedPools recordings;
  private final BalancingSettings settings;
  private final Clock clock;
  private final ReplayTurns turns;

  PoolReplays(
      RecordedPools recordings, BalancingSettings settings, ReplayTurns turns, Clock clock) {
    this.recordings = recordings;
    this.settings = settings;
    this.turns = turns;
    this.clock = clock;
  }

  /**
   * Enter settings into a comparison.
   *
   * @param pool with the settings to be played; it need not be stored
   * @param strategy what decides
   * @param approving whether only what the pool approves automatically is made, outside its quiet
   *     hours, where it does approve automatically; otherwise everything is made
   */
  public record Entry(String name, HostPool pool, HostPool.Balancing strategy, boolean approving) {}

  /**
   * Say what came of a comparison, and what it rests on.
   *
   * @param from beginning of the first step that was played
   * @param to end of the last one
   * @param recorded how much was recorded of the range that was asked for, holes left out
   * @param played how much of it was played
   * @param step length of a step
   * @param leftOut VMs of which nothing is recorded in the range
   * @param large whether the pool is so large that only the newest part of the range was read
   * @param cut whether computing took too long, so that the end was not played
   * @param hot share of a host's CPU above which its time is counted
   * @param tallies one for each entry, in their order
   */
  public record Compared(
      Instant from,
      Instant to,
      Duration recorded,
      Duration played,
      Duration step,
      int hosts,
      int vms,
      int leftOut,
      boolean large,
      boolean cut,
      double hot,
      List<Tally> tallies) {}

  /**
   * Compare.
   *
   * @param pool as it is stored: its limits score all entries alike
   * @param hot share of a host's CPU above which its time is counted
   * @throws Problem REFUSED if too little is recorded, UNAVAILABLE if others replay meanwhile, or
   *     if reading takes too long
   */
  public Compared compare(HostPool pool, TimeRange range, double hot, List<Entry> entries) {
    return turns.take(
        () -> {
          try {
            return compared(pool, range, hot, entries);
          } catch (QueryTimeoutException | DataAccessResourceFailureException e) {
            throw new Problem(
                ErrorCode.UNAVAILABLE,
                "Reading the recorded load took too long.",
                "Maybe choose a shorter time.",
                e);
          }
        });
  }

  private Compared compared(HostPool pool, TimeRange range, double hot, List<Entry> entries) {
    var pace = settings.pace(pool);
    var read = recordings.read(pool, pace, range, clock.instant());
    var yardstick = new Yardstick(hot, pace.limits(), 0);
    var contenders = entries.stream().map(this::contender).toList();
    var played = Replay.run(read.recording(), contenders, yardstick, COMPUTING);
    var steps = read.recording().steps();
    int last = Math.max(0, played.steps() - 1);
    return new Compared(
        steps.getFirst(),
        steps.get(last).plus(read.recording().step()),
        played.recorded(),
        played.played(),
        read.recording().step(),
        read.recording().hosts().size(),
        read.recording().vms().size(),
        read.leftOut(),
        read.large(),
        played.cut(),
        hot,
        played.tallies());
  }

  private Contender contender(Entry entry) {
    var pace = settings.pace(entry.pool());
    var decisions = new RememberedDecisions();
    var strategy =
        switch (entry.strategy()) {
          case DCBALANCE -> new DcBalance(decisions, settings.historyFromHosts());
          case DLB -> new DynamicLoadBalancing();
          case OSVD -> new Osvd();
          case NONE -> null;
        };
    return new Contender(
        entry.name(),
        strategy,
        entry.strategy() == HostPool.Balancing.DCBALANCE ? decisions : null,
        pace.limits(),
        true,
        new Tempo(pace.every(), pace.window(), pace.coolDown(), pace.coolDownMost(), PEAKS_KEPT),
        entry.approving() ? approval(entry.pool()) : Contender.Approval.ALL);
  }

  private static Contender.Approval approval(HostPool pool) {
    return pool.automation() == HostPool.Automation.AUTOMATIC
        ? (move, at) ->
            !pool.quiet(at) && Automation.urgentEnough(move.priority(), pool.automaticFrom())
        : Contender.Approval.ALL;
  }
}
