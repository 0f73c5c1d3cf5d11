package org.dcbalance.pages;

import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.dcbalance.reporting.StrategyReport;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestParam;
import tools.jackson.databind.json.JsonMapper;

/** Report how the strategies would have done on a pool's recorded load. */
@Controller
class StrategyReportPages {
  private final StrategyReport report;
  private final JsonMapper json;
  private final Clock clock;

  StrategyReportPages(StrategyReport report, JsonMapper json, Clock clock) {
    this.report = report;
    this.json = json;
    this.clock = clock;
  }

  /**
   * What was filled into the filter.
   *
   * @param pool null where there is none
   * @param from first day
   * @param to last day, inclusive
   */
  record Asked(@Nullable PoolId pool, LocalDate from, LocalDate to) {
    public Instant start() {
      return start(from);
    }

    public Instant end() {
      return start(to.plusDays(1));
    }

    private static Instant start(LocalDate day) {
      return day.atStartOfDay(ZoneId.systemDefault()).toInstant();
    }
  }

  @GetMapping("/reports/strategies")
  String strategies(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable PoolId pool,
      @RequestParam(required = false) @Nullable LocalDate from,
      @RequestParam(required = false) @Nullable LocalDate to,
      Model model) {
    var last = to == null ? LocalDate.ofInstant(clock.instant(), ZoneId.systemDefault()) : to;
    var asked =
        new Asked(
            pool == null ? first(shell) : pool, from == null ? last.minusDays(1) : from, last);
    model.addAttribute("asked", asked);
    try {
      var answer = report.of(known(asked), range(asked));
      model.addAttribute("report", answer);
      model.addAttribute("chart", json.writeValueAsString(answer.imbalance()));
    } catch (Problem e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        throw e;
      }
      model.addAttribute("refused", e);
    }
    return "report-strategies";
  }

  private static @Nullable PoolId first(Shell shell) {
    return shell.active().stream()
        .findFirst()
        .or(() -> shell.shown().stream().findFirst())
        .map(PoolChoice::id)
        .orElse(null);
  }

  private static PoolId known(Asked asked) {
    if (asked.pool() == null) {
      throw new Problem(ErrorCode.REFUSED, "There is no pool yet.", null);
    }
    return asked.pool();
  }

  private static TimeRange range(Asked asked) {
    if (asked.to().isBefore(asked.from())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The last day, " + asked.to() + ", is before the first one, " + asked.from() + ".",
          null);
    }
    return new TimeRange(asked.start(), asked.end());
  }
}
