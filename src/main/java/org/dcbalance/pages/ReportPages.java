package org.dcbalance.pages;

import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.method.Method;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.reporting.DowntimeReport;
import org.dcbalance.reporting.DowntimeReport.Spread;
import org.dcbalance.reporting.MoveReport;
import org.dcbalance.reporting.ReportFilter;
import org.dcbalance.reporting.Stretch;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestParam;

/** Show reports on what was moved and how long guests stood still. */
@Controller
class ReportPages {
  private static final int AT_ONCE = 100;
  private static final int MOST_VMS = 200;
  private static final int DAYS = 30;

  /** More are not told apart in one chart. */
  private static final int MOST_VMS_DRAWN = 6;

  private static final List<MigrationState> ENDS =
      List.of(
          MigrationState.COMPLETED,
          MigrationState.FAILED,
          MigrationState.ABORTED,
          MigrationState.REFUSED);

  private final MoveReport moves;
  private final DowntimeReport downtimes;
  private final Format format;
  private final Clock clock;

  ReportPages(MoveReport moves, DowntimeReport downtimes, Format format, Clock clock) {
    this.moves = moves;
    this.downtimes = downtimes;
    this.format = format;
    this.clock = clock;
  }

  /**
   * What was filled into the filter.
   *
   * @param from first day
   * @param to last day, inclusive
   */
  record Asked(LocalDate from, LocalDate to, @Nullable String q, @Nullable MigrationState state) {
    ReportFilter filter(@Nullable PoolId pool) {
      return new ReportFilter(
          pool == null ? null : pool.value(), start(from), start(to.plusDays(1)), q, state);
    }

    private static Instant start(LocalDate day) {
      return day.atStartOfDay(ZoneId.systemDefault()).toInstant();
    }
  }

  @GetMapping("/reports/migrations")
  String moves(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable LocalDate from,
      @RequestParam(required = false) @Nullable LocalDate to,
      @RequestParam(required = false) @Nullable String q,
      @RequestParam(required = false) @Nullable MigrationState state,
      @RequestParam(required = false) @Nullable Long before,
      Model model) {
    var asked = asked(from, to, q, state);
    var filter = asked.filter(shell.poolId());
    var found = moves.list(filter, before == null ? Long.MAX_VALUE : before, AT_ONCE + 1);
    boolean more = found.size() > AT_ONCE;
    var shown = more ? found.subList(0, AT_ONCE) : found;
    model.addAttribute("asked", asked);
    model.addAttribute("filter", filter);
    model.addAttribute("states", ENDS);
    model.addAttribute("totals", moves.totals(filter));
    model.addAttribute("chart", ends(asked, filter));
    model.addAttribute("moves", shown);
    model.addAttribute("before", before);
    model.addAttribute("next", more ? shown.getLast().id() : null);
    model.addAttribute("methods", new Methods());
    return "report-migrations";
  }

  @GetMapping("/reports/downtime")
  String downtime(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable LocalDate from,
      @RequestParam(required = false) @Nullable LocalDate to,
      @RequestParam(required = false) @Nullable String q,
      Model model) {
    var asked = asked(from, to, q, null);
    var filter = asked.filter(shell.poolId());
    var lines = downtimes.perVm(filter, MOST_VMS + 1);
    model.addAttribute("asked", asked);
    model.addAttribute("filter", filter);
    model.addAttribute("overall", downtimes.overall(filter));
    model.addAttribute("timeError", downtimes.timeError(filter));
    pauses(filter, model);
    model.addAttribute("lines", lines.subList(0, Math.min(MOST_VMS, lines.size())));
    model.addAttribute("more", lines.size() > MOST_VMS);
    model.addAttribute(
        "longest", lines.stream().mapToLong(DowntimeReport.Pauses::longest).max().orElse(0));
    model.addAttribute("methods", new Methods());
    return "report-downtime";
  }

  private MovesChart ends(Asked asked, ReportFilter filter) {
    var stretch = Stretch.of(asked.from(), asked.to());
    return MovesChart.of(
        asked.from(), asked.to(), stretch, moves.ends(filter, stretch, ZoneId.systemDefault()));
  }

  private void pauses(ReportFilter filter, Model model) {
    var spreads = downtimes.spreads(filter, MOST_VMS_DRAWN);
    var methods = new Methods();
    model.addAttribute(
        "byMethod",
        PausesChart.of(
            "Downtime by method", spreads.methods(), s -> methods.words(s.method()), format));
    // of one VM alone the other chart is already
    boolean several = spreads.vms().stream().map(Spread::vmId).distinct().count() > 1;
    model.addAttribute(
        "byVm",
        PausesChart.of(
            "Downtime by virtual machine",
            several ? spreads.vms() : List.of(),
            s -> String.valueOf(s.vm()),
            format));
  }

  /** Put stored names of methods into words. */
  static final class Methods {
    public String words(@Nullable String stored) {
      try {
        return stored == null ? "–" : Method.valueOf(stored).words();
      } catch (IllegalArgumentException later) {
        // a newer console on the same database may know more
        return stored;
      }
    }
  }

  private Asked asked(
      @Nullable LocalDate from,
      @Nullable LocalDate to,
      @Nullable String q,
      @Nullable MigrationState state) {
    var last = to == null ? LocalDate.ofInstant(clock.instant(), ZoneId.systemDefault()) : to;
    return new Asked(from == null ? last.minusDays(DAYS - 1) : from, last, q, state);
  }
}
