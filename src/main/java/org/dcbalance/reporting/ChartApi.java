package org.dcbalance.reporting;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Clock;
import java.time.Instant;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Items;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What charts draw; {@link ChartFiles} gives the same to spreadsheets. */
@RestController
@RequestMapping("/api/v1")
class ChartApi {
  private static final int LEAST_POINTS = 10;

  private final LoadCharts charts;
  private final Clock clock;

  ChartApi(LoadCharts charts, Clock clock) {
    this.charts = charts;
    this.clock = clock;
  }

  @Operation(
      summary =
          "Give a host's load for a chart; the last hour unless from and to say otherwise. One series"
              + " alone, and fewer points, make it small.")
  @GetMapping("/hosts/{id}/load")
  Chart host(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      @RequestParam @Nullable String series,
      @RequestParam(defaultValue = "" + LoadCharts.MOST_POINTS) int points) {
    if (points < LEAST_POINTS || points > LoadCharts.MOST_POINTS) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A chart has %d to %d points, and not %d."
              .formatted(LEAST_POINTS, LoadCharts.MOST_POINTS, points),
          null);
    }
    var chart = charts.host(id, range(from, to), points);
    return series == null ? chart : chart.only(series);
  }

  @Operation(
      summary = "Give a VM's load for a chart; the last hour unless from and to say otherwise.")
  @GetMapping("/vms/{id}/load")
  Chart vm(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to) {
    return charts.vm(id, range(from, to));
  }

  /** How fast a VM changes its memory, by its newest measurement over each window. */
  record DirtyRate(Instant at, int windowMillis, double bytesPerSecond) {}

  @Operation(summary = "Tell how fast a VM changes its memory, by its newest measurements.")
  @GetMapping("/vms/{id}/dirty-rate")
  Items<DirtyRate> dirtyRate(@PathVariable long id) {
    return Items.all(
        charts.dirtyRate(id).stream()
            .map(m -> new DirtyRate(m.at(), m.windowMillis(), m.bytesPerSecond()))
            .toList());
  }

  @Operation(
      summary =
          "Give a pool's imbalance for a chart; the last hour unless from and to say otherwise.")
  @GetMapping("/pools/{id}/imbalance")
  Chart imbalance(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to) {
    return charts.imbalance(id, range(from, to));
  }

  @Operation(
      summary =
          "Give the CPU of a pool's hosts for a chart: the six busiest, and the mean of the others.")
  @GetMapping("/pools/{id}/load")
  Chart hosts(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to) {
    return charts.hostsOf(id, range(from, to)).readable();
  }

  @Operation(
      summary =
          "Give the CPU of a host's VMs for a chart, in cores: the six busiest, and the sum of the"
              + " others.")
  @GetMapping("/hosts/{id}/vm-load")
  Chart vms(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to) {
    return charts.vmsOn(id, range(from, to)).readable();
  }

  @Operation(summary = "Give what a migration had still to copy over time, for a chart.")
  @GetMapping("/migrations/{id}/progress")
  Chart migration(@PathVariable long id) {
    return charts.migration(id, LoadCharts.MOST_POINTS);
  }

  private TimeRange range(@Nullable Instant from, @Nullable Instant to) {
    return AskedSpan.of(from, to, clock.instant());
  }
}
