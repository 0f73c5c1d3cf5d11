package org.dcbalance.reporting;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * The comparison of strategies for programs and spreadsheets; by default over the last 24 hours.
 */
@RestController
@RequestMapping("/api/v1/reports")
class StrategyReportApi {
  private static final Duration USUAL = Duration.ofHours(24);

  private final StrategyReport report;
  private final Clock clock;

  StrategyReportApi(StrategyReport report, Clock clock) {
    this.report = report;
    this.clock = clock;
  }

  @Operation(
      summary =
          "Compare DCbalance, OSVD and DLB on the recorded load of a pool; the last 24 hours"
              + " unless from and to say otherwise.")
  @GetMapping("/strategies")
  StrategyReport.Report strategies(
      @RequestParam PoolId poolId,
      @RequestParam(required = false) @Nullable Instant from,
      @RequestParam(required = false) @Nullable Instant to) {
    return report.of(poolId, range(from, to));
  }

  @Operation(summary = "Give the comparison of strategies as CSV.")
  @GetMapping("/strategies.csv")
  void strategiesAsCsv(
      @RequestParam PoolId poolId,
      @RequestParam(required = false) @Nullable Instant from,
      @RequestParam(required = false) @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var answer = report.of(poolId, range(from, to));
    var table =
        CsvDownload.begin(
            response,
            "strategies.csv",
            "strategy",
            "from",
            "to",
            "played s",
            "moves",
            "returning moves",
            "GiB moved",
            "unmet core s",
            "host s above 80 %",
            "host s at 100 %",
            "expected downtime s",
            "imbalance mean",
            "imbalance at end");
    for (var line : answer.strategies()) {
      table.row(
          line.strategy(),
          answer.from(),
          answer.to(),
          answer.playedSeconds(),
          line.moves(),
          line.returns(),
          line.gibMoved(),
          line.unmetCoreSeconds(),
          line.hostSecondsAbove80(),
          line.hostSecondsAt100(),
          line.downtimeSeconds(),
          line.imbalanceMean(),
          line.imbalanceAtEnd());
    }
  }

  @Operation(summary = "Give the imbalance over time of the comparison as CSV.")
  @GetMapping("/strategies/imbalance.csv")
  void imbalanceAsCsv(
      @RequestParam PoolId poolId,
      @RequestParam(required = false) @Nullable Instant from,
      @RequestParam(required = false) @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var answer = report.of(poolId, range(from, to));
    var table =
        CsvDownload.begin(
            response, "strategies-imbalance.csv", "at", "pool", "strategy", "imbalance");
    for (var line : answer.imbalance().series()) {
      for (var point : line.points()) {
        table.row(ChartFiles.at(point), answer.pool(), line.name(), point.get(1));
      }
    }
  }

  private TimeRange range(@Nullable Instant from, @Nullable Instant to) {
    return AskedSpan.of(from, to, USUAL, clock.instant());
  }
}
