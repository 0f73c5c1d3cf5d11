package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.history.MigrationRecords;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.Round;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.telemetry.TelemetrySettings;
import org.dcbalance.units.Memory;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Sum up the newest round of each pool that is shown. */
@Component
class Boards {
  private static final String NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA";

  private final Pools pools;
  private final Hosts hosts;
  private final Rounds rounds;
  private final LoadHistory loads;
  private final MigrationRecords records;
  private final BalancingSettings settings;
  private final TelemetrySettings telemetry;
  private final Clock clock;

  Boards(
      Pools pools,
      Hosts hosts,
      Rounds rounds,
      LoadHistory loads,
      MigrationRecords records,
      BalancingSettings settings,
      TelemetrySettings telemetry,
      Clock clock) {
    this.pools = pools;
    this.hosts = hosts;
    this.rounds = rounds;
    this.loads = loads;
    this.records = records;
    this.settings = settings;
    this.telemetry = telemetry;
    this.clock = clock;
  }

  /** Give a board for each pool that is shown and has hosts. */
  List<Board> of(Shell shell, List<RecommendationLine> waiting) {
    var active = shell.active().stream().map(PoolChoice::id).toList();
    return pools.findAllByOrderByName().stream()
        .filter(p -> active.contains(p.id()))
        .map(p -> board(p, waiting.stream().filter(l -> l.poolId().equals(p.id())).toList()))
        .toList();
  }

  private Board board(HostPool pool, List<RecommendationLine> waiting) {
    var pace = settings.pace(pool);
    var newest = rounds.newest(pool.id()).orElse(null);
    boolean thin = newest == null || newest.outcome().equals(NOT_ENOUGH_DATA);
    return new Board(
        pool.id(),
        pool.name(),
        pool.automation(),
        pool.paused(),
        pace.limits().imbalanceThreshold(),
        newest == null ? null : line(newest, pool, pace),
        newest == null ? null : facts(newest, waiting),
        thin ? collecting(pool, pace) : null,
        newest != null && newest.outcome().equals("HOLDING")
            ? new Board.Holding(newest.outOfBounds(), pace.limits().holdRounds())
            : null,
        waiting.size(),
        records.underWay(pool.id()).size(),
        newest == null ? List.of() : passedOver(newest, waiting));
  }

  /** Leave out what an earlier round proposed and still stands: it is recommended. */
  private static List<Board.PassedOverLine> passedOver(
      Round round, List<RecommendationLine> waiting) {
    return round.passedOver().stream()
        .map(c -> new Board.PassedOverLine(new VmId(c.vmId()), c.vm(), c.why()))
        .filter(c -> waiting.stream().noneMatch(l -> l.vmId().equals(c.vmId())))
        .toList();
  }

  private static Board.RoundLine line(Round round, HostPool pool, BalancingSettings.Pace pace) {
    return new Board.RoundLine(
        round.number(),
        round.at(),
        round.strategy(),
        round.window(),
        round.sentence(),
        round.cameFrom(),
        round.decidedIn(),
        pool.paused() ? null : round.at().plus(pace.every()));
  }

  private static Board.@Nullable Facts facts(Round round, List<RecommendationLine> waiting) {
    var imbalance = round.imbalance();
    if (imbalance == null) {
      return null;
    }
    return new Board.Facts(
        imbalance,
        round.threshold(),
        after(imbalance, waiting),
        waiting.stream().map(RecommendationLine::bytes).reduce(Memory.ZERO, Memory::plus),
        waiting.stream().map(RecommendationLine::expected).reduce(Duration.ZERO, Duration::plus),
        waiting.stream()
            .map(RecommendationLine::downtime)
            .max(Duration::compareTo)
            .orElse(Duration.ZERO),
        waiting.size());
  }

  /** Each gain counts from where the moves before it lead. */
  private static double after(double imbalance, List<RecommendationLine> moves) {
    return Math.max(0, imbalance - moves.stream().mapToDouble(RecommendationLine::gain).sum());
  }

  private Board.Collecting collecting(HostPool pool, BalancingSettings.Pace pace) {
    var range = TimeRange.last(pace.window(), clock.instant());
    var windows = loads.hostWindows(pool.id(), range);
    int expected = loads.expectedSamples(pace.window());
    var thin = new ArrayList<String>();
    var open =
        hosts.findByPoolIdOrderByName(pool.id().value()).stream()
            .filter(host -> host.state() == Host.State.UP && !host.maintenance())
            .toList();
    int least = open.isEmpty() ? 0 : expected;
    for (var host : open) {
      var window = windows.get(host.id());
      int samples = window == null ? 0 : window.samples();
      least = Math.min(least, samples);
      if (samples < expected * pace.limits().minimumCoverage()) {
        thin.add(host.name());
      }
    }
    return new Board.Collecting(
        telemetry.period().multipliedBy(least), pace.window(), List.copyOf(thin));
  }
}
