package org.dcbalance.reporting;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Reports for programs and spreadsheets. */
@RestController
@RequestMapping("/api/v1/reports")
class ReportApi {
  private static final int AT_ONCE = 1000;
  private static final int MOST = 10_000;

  private final MoveReport moves;
  private final DowntimeReport downtimes;

  ReportApi(MoveReport moves, DowntimeReport downtimes) {
    this.moves = moves;
    this.downtimes = downtimes;
  }

  /**
   * The report on pauses: idle and loaded guests apart, as a whole and per VM and method; and how
   * far off the whole time was expected.
   */
  record Downtimes(
      List<DowntimeReport.Pauses> overall,
      List<DowntimeReport.Pauses> perVm,
      DowntimeReport.TimeError timeError) {}

  @Operation(
      summary =
          "Report ended migrations, newest first: why, by whom, expected against measured, and"
              + " whether they helped.")
  @GetMapping("/migrations")
  Items<MoveReport.Move> moves(@ModelAttribute ReportFilter filter, Cursor cursor) {
    return Items.page(
        moves.list(filter, cursor.afterId().orElse(Long.MAX_VALUE), cursor.fetch()),
        cursor,
        MoveReport.Move::id);
  }

  @Operation(summary = "Sum up ended migrations: counts, medians and 95th percentiles.")
  @GetMapping("/migrations/totals")
  MoveReport.Totals totals(@ModelAttribute ReportFilter filter) {
    return moves.totals(filter);
  }

  @Operation(summary = "Give the report on migrations as CSV.")
  @GetMapping("/migrations.csv")
  void movesAsCsv(@ModelAttribute ReportFilter filter, HttpServletResponse response)
      throws IOException {
    var table =
        CsvDownload.begin(
            response,
            "migrations.csv",
            "id",
            "started",
            "finished",
            "outcome",
            "vm",
            "from",
            "to",
            "why",
            "decided by",
            "method",
            "expected ms",
            "total ms",
            "expected downtime ms",
            "downtime ms",
            "guest saw ms",
            "bytes",
            "imbalance before",
            "imbalance promised",
            "imbalance measured",
            "helped",
            "sentence",
            "guest silent ms");
    long before = Long.MAX_VALUE;
    List<MoveReport.Move> some;
    do {
      some = moves.list(filter, before, AT_ONCE);
      for (var move : some) {
        table.row(
            move.id(),
            move.startedAt(),
            move.finishedAt(),
            move.state(),
            move.vm(),
            move.source(),
            move.target(),
            move.why(),
            move.decidedBy(),
            move.method(),
            move.expectedMillis(),
            move.totalMillis(),
            move.expectedDowntimeMillis(),
            move.downtimeMillis(),
            move.guestDowntimeMillis(),
            move.bytes(),
            move.imbalanceBefore(),
            move.imbalancePromised(),
            move.imbalanceMeasured(),
            move.helped(),
            move.sentence(),
            move.guestSilentMillis());
        before = move.id();
      }
    } while (some.size() == AT_ONCE);
  }

  @Operation(
      summary = "Report pauses by method, idle and loaded guests apart, as a whole and per VM.")
  @GetMapping("/downtime")
  Downtimes downtimes(@ModelAttribute ReportFilter filter) {
    return new Downtimes(
        downtimes.overall(filter), downtimes.perVm(filter, MOST), downtimes.timeError(filter));
  }

  @Operation(summary = "Give the report on pauses as CSV.")
  @GetMapping("/downtime.csv")
  void downtimesAsCsv(@ModelAttribute ReportFilter filter, HttpServletResponse response)
      throws IOException {
    var table =
        CsvDownload.begin(
            response,
            "downtime.csv",
            "vm",
            "method",
            "load",
            "moves",
            "median ms",
            "p95 ms",
            "longest ms",
            "guest saw median ms",
            "expected median ms",
            "error median ms",
            "share longer than expected");
    for (var line : downtimes.perVm(filter, MOST)) {
      table.row(
          line.vm(),
          line.method(),
          line.load(),
          line.moves(),
          line.median(),
          line.p95(),
          line.longest(),
          line.guestMedian(),
          line.expectedMedian(),
          line.errorMedian(),
          line.longerShare());
    }
  }
}
