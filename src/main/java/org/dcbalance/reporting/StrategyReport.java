package org.dcbalance.reporting;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.PoolReplays;
import org.dcbalance.replay.Tally;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.springframework.stereotype.Component;

/**
 * Compare the strategies on the load that was recorded of a pool, each with the pool's own limits
 * and with every proposed move made at once.
 */
@Component
public class StrategyReport {
  /** Share of a host's CPU above which its time is counted, in each pool alike. */
  static final double HOT = 0.8;

  private static final Duration LONGEST = Duration.ofDays(7);

  /** Pages, files and charts of one report ask soon after one another. */
  private static final Duration KEPT = Duration.ofMinutes(2);

  private static final int MOST_KEPT = 8;

  private final Pools pools;
  private final PoolReplays replays;
  private final BalancingSettings settings;
  private final Clock clock;
  private final Map<Key, Kept> kept = new LinkedHashMap<>();

  StrategyReport(Pools pools, PoolReplays replays, BalancingSettings settings, Clock clock) {
    this.pools = pools;
    this.replays = replays;
    this.settings = settings;
    this.clock = clock;
  }

  /** Reports of the same load and limits are the same. */
  private record Key(PoolId pool, TimeRange range, BalancingSettings.Pace pace) {}

  private record Kept(Instant at, Report report) {}

  /**
   * Report how each strategy did.
   *
   * @param from beginning of what was played
   * @param to its end
   * @param recordedSeconds how much is recorded of the range that was asked for
   * @param playedSeconds how much of that was played; less where computing took too long
   * @param leftOutVms VMs of which nothing is recorded
   * @param newestPartOnly whether the pool is so large that only the newest part was read
   */
  public record Report(
      PoolId poolId,
      String pool,
      Instant from,
      Instant to,
      long recordedSeconds,
      long playedSeconds,
      long stepSeconds,
      int hosts,
      int vms,
      int leftOutVms,
      boolean newestPartOnly,
      List<Line> strategies,
      Chart imbalance) {
    public Report {
      strategies = List.copyOf(strategies);
    }

    /** Tell whether the end could not be played in time. */
    public boolean cut() {
      return playedSeconds < recordedSeconds;
    }
  }

  /**
   * Sum up one strategy.
   *
   * @param chosen whether it is the one that decides for the pool now
   * @param returns moves back to a host that the VM left within the hour before
   * @param unmetCoreSeconds CPU that was asked for and not given
   * @param hostSecondsAbove80 time that hosts were asked for more than 80 % of their CPU
   * @param hostSecondsAt100 time that they were asked for all of it
   * @param downtimeSeconds pauses expected of the moves
   */
  public record Line(
      String strategy,
      boolean chosen,
      int moves,
      int returns,
      double gibMoved,
      double unmetCoreSeconds,
      double hostSecondsAbove80,
      double hostSecondsAt100,
      double downtimeSeconds,
      double imbalanceMean,
      double imbalanceAtEnd) {}

  /**
   * Compare all strategies.
   *
   * @throws Problem NOT_FOUND, BAD_REQUEST for a range that cannot be, REFUSED if too little is
   *     recorded, UNAVAILABLE if it cannot be computed now
   */
  public Report of(PoolId id, TimeRange asked) {
    var pool =
        pools
            .findById(id.value())
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no pool " + id + ".", null));
    var now = clock.instant();
    var range = upToNow(asked, now);
    var key = new Key(id, range, settings.pace(pool));
    return known(key, now)
        .orElseGet(
            () -> {
              var report = compare(pool, range);
              keep(key, new Kept(now, report));
              return report;
            });
  }

  private static TimeRange upToNow(TimeRange asked, Instant now) {
    if (asked.length().compareTo(LONGEST) > 0) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "Strategies are compared over at most 7 days, and these are %d."
              .formatted(asked.length().plusDays(1).minusNanos(1).toDays()),
          "Maybe choose a shorter time.");
    }
    var minute = now.truncatedTo(ChronoUnit.MINUTES);
    if (!asked.from().isBefore(minute)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "Nothing is recorded of a time that is still to come.", null);
    }
    return asked.to().isAfter(minute) ? new TimeRange(asked.from(), minute) : asked;
  }

  private synchronized Optional<Report> known(Key key, Instant now) {
    kept.values().removeIf(each -> each.at().plus(KEPT).isBefore(now));
    return Optional.ofNullable(kept.get(key)).map(Kept::report);
  }

  private synchronized void keep(Key key, Kept report) {
    kept.put(key, report);
    if (kept.size() > MOST_KEPT) {
      kept.remove(kept.keySet().iterator().next());
    }
  }

  private Report compare(HostPool pool, TimeRange range) {
    var entries =
        Arrays.stream(HostPool.Balancing.values())
            .map(strategy -> new PoolReplays.Entry(name(strategy), pool, strategy, false))
            .toList();
    var compared = replays.compare(pool, range, HOT, entries);
    var lines = new ArrayList<Line>();
    var series = new ArrayList<Chart.Series>();
    for (var tally : compared.tallies()) {
      lines.add(line(tally, name(pool.strategy())));
      series.add(
          Chart.series(
              tally.strategy(),
              "score",
              tally.scores(),
              Tally.Scored::at,
              Tally.Scored::imbalance,
              null));
    }
    return new Report(
        pool.id(),
        pool.name(),
        compared.from(),
        compared.to(),
        compared.recorded().toSeconds(),
        compared.played().toSeconds(),
        compared.step().toSeconds(),
        compared.hosts(),
        compared.vms(),
        compared.leftOut(),
        compared.large(),
        lines,
        new Chart(
            compared.from(),
            compared.to(),
            (int) compared.step().toSeconds(),
            series,
            List.of(
                new Chart.Threshold(
                    name(HostPool.Balancing.DCBALANCE),
                    settings.pace(pool).limits().imbalanceThreshold())),
            List.of()));
  }

  private static Line line(Tally tally, String chosen) {
    return new Line(
        tally.strategy(),
        tally.strategy().equals(chosen),
        tally.migrations(),
        tally.returns(),
        tally.gibMoved(),
        tally.unmetCoreSeconds(),
        tally.hotSeconds(),
        tally.fullSeconds(),
        tally.downtimeSeconds(),
        tally.meanImbalance(),
        tally.lastImbalance());
  }

  private static String name(HostPool.Balancing strategy) {
    return switch (strategy) {
      case DCBALANCE -> "DCbalance";
      case DLB -> "DLB";
      case OSVD -> "OSVD";
      case NONE -> "None";
    };
  }
}
