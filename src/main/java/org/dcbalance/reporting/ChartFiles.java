package org.dcbalance.reporting;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.dcbalance.csv.Csv;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * What charts draw, for spreadsheets. All have one shape: when, of what, and a column for each kind
 * of figure with its unit.
 */
@RestController
@RequestMapping("/api/v1")
class ChartFiles {
  private final LoadCharts charts;
  private final Clock clock;

  ChartFiles(LoadCharts charts, Clock clock) {
    this.charts = charts;
    this.clock = clock;
  }

  @Operation(
      summary =
          "Give a host's load over time as CSV; the last hour unless from and to say otherwise.")
  @GetMapping("/hosts/{id}/load.csv")
  void host(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var chart = charts.host(id, range(from, to), LoadCharts.MOST_POINTS);
    one(chart, charts.hostName(id), begin(response, "host-load.csv", "host", chart));
  }

  @Operation(
      summary =
          "Give a VM's load over time as CSV; the last hour unless from and to say otherwise.")
  @GetMapping("/vms/{id}/load.csv")
  void vm(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var chart = charts.vm(id, range(from, to));
    one(chart, charts.vmName(id), begin(response, "vm-load.csv", "vm", chart));
  }

  @Operation(
      summary =
          "Give a pool's imbalance over time as CSV; the last hour unless from and to say otherwise.")
  @GetMapping("/pools/{id}/imbalance.csv")
  void imbalance(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var chart = charts.imbalance(id, range(from, to));
    one(chart, charts.poolName(id), begin(response, "imbalance.csv", "pool", chart));
  }

  @Operation(summary = "Give what a migration had still to copy over time as CSV.")
  @GetMapping("/migrations/{id}/progress.csv")
  void migration(@PathVariable long id, HttpServletResponse response) throws IOException {
    var chart = charts.migration(id, Integer.MAX_VALUE);
    one(chart, charts.migratedName(id), begin(response, "migration-progress.csv", "vm", chart));
  }

  @Operation(summary = "Give the CPU of all of a pool's hosts over time as CSV.")
  @GetMapping("/pools/{id}/load.csv")
  void hosts(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var chart = charts.hostsOf(id, range(from, to));
    each(chart, CsvDownload.begin(response, "hosts.csv", "at", "host", "cpu share"));
  }

  @Operation(summary = "Give the CPU of all of a host's VMs over time as CSV.")
  @GetMapping("/hosts/{id}/vm-load.csv")
  void vms(
      @PathVariable long id,
      @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to,
      HttpServletResponse response)
      throws IOException {
    var chart = charts.vmsOn(id, range(from, to));
    each(chart, CsvDownload.begin(response, "vms.csv", "at", "vm", "cpu cores"));
  }

  private static Csv begin(HttpServletResponse response, String file, String of, Chart chart)
      throws IOException {
    return CsvDownload.begin(
        response,
        file,
        Stream.concat(Stream.of("at", of), chart.series().stream().map(Chart.Series::column))
            .toArray(String[]::new));
  }

  /** Write the lines of one thing side by side: they are of the same instants. */
  private static void one(Chart chart, String name, Csv table) throws IOException {
    var lines = chart.series().stream().map(Chart.Series::points).toList();
    for (int i = 0; i < lines.getFirst().size(); i++) {
      var cells = new ArrayList<@Nullable Object>();
      cells.add(at(lines.getFirst().get(i)));
      cells.add(name);
      for (var line : lines) {
        cells.add(line.get(i).get(1));
      }
      table.row(cells.toArray());
    }
  }

  /** Write the lines of several things, each with its name, one after the other. */
  private static void each(Chart chart, Csv table) throws IOException {
    for (var series : chart.series()) {
      for (var point : series.points()) {
        table.row(at(point), series.title(), point.get(1));
      }
    }
  }

  static Instant at(List<@Nullable Number> point) {
    return Instant.ofEpochMilli(Objects.requireNonNull(point.get(0)).longValue());
  }

  private TimeRange range(@Nullable Instant from, @Nullable Instant to) {
    return AskedSpan.of(from, to, clock.instant());
  }
}
