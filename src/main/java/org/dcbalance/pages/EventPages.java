package org.dcbalance.pages;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.dcbalance.inventory.FleetEventFilter;
import org.dcbalance.inventory.FleetEventLog;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestParam;

/** Show all that happened in the fleet. */
@Controller
class EventPages {
  private static final int AT_ONCE = 50;

  private final FleetEventLog log;

  EventPages(FleetEventLog log) {
    this.log = log;
  }

  /**
   * What was filled into the filter.
   *
   * @param from first day
   * @param to last day, inclusive
   */
  record Asked(
      @Nullable Severity severity,
      @Nullable String host,
      @Nullable String vm,
      @Nullable LocalDate from,
      @Nullable LocalDate to) {}

  @GetMapping("/events")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable Severity severity,
      @RequestParam(required = false) @Nullable String host,
      @RequestParam(required = false) @Nullable String vm,
      @RequestParam(required = false) @Nullable LocalDate from,
      @RequestParam(required = false) @Nullable LocalDate to,
      @RequestParam(required = false) @Nullable Long before,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var pool = shell.poolId();
    var filter =
        new FleetEventFilter(
            pool == null ? null : pool.value(),
            severity,
            null,
            null,
            host,
            vm,
            start(from),
            start(to == null ? null : to.plusDays(1)));
    var found = log.list(filter, before == null ? Long.MAX_VALUE : before, AT_ONCE + 1);
    boolean more = found.size() > AT_ONCE;
    var shown = more ? found.subList(0, AT_ONCE) : found;
    model.addAttribute("events", shown);
    model.addAttribute("asked", new Asked(severity, filter.host(), filter.vm(), from, to));
    model.addAttribute("filter", filter);
    model.addAttribute("before", before);
    model.addAttribute("next", more ? shown.getLast().id() : null);
    return "table".equals(fragment) ? "events :: table" : "events";
  }

  private static @Nullable Instant start(@Nullable LocalDate day) {
    return day == null ? null : day.atStartOfDay(ZoneId.systemDefault()).toInstant();
  }
}
