package org.dcbalance.pages;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditEntries;
import org.dcbalance.audit.AuditEntry;
import org.dcbalance.audit.AuditFilter;
import org.dcbalance.audit.AuditProtection;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Show who did what, to administrators. */
@Controller
class AuditPages {
  private static final int AT_ONCE = 50;

  private final AuditEntries entries;
  private final AuditProtection protection;

  AuditPages(AuditEntries entries, AuditProtection protection) {
    this.entries = entries;
    this.protection = protection;
  }

  /**
   * What was filled into the filter.
   *
   * @param from first day
   * @param to last day, inclusive
   */
  record Asked(
      @Nullable String q,
      @Nullable Act act,
      boolean refusals,
      @Nullable LocalDate from,
      @Nullable LocalDate to) {}

  @GetMapping("/audit")
  String list(
      @RequestParam(required = false) @Nullable String q,
      @RequestParam(required = false) @Nullable Act act,
      @RequestParam(defaultValue = "false") boolean refusals,
      @RequestParam(required = false) @Nullable LocalDate from,
      @RequestParam(required = false) @Nullable LocalDate to,
      @RequestParam(required = false) @Nullable Long before,
      Model model) {
    var filter =
        new AuditFilter(
            null, act, null, q, refusals, start(from), start(to == null ? null : to.plusDays(1)));
    var found = entries.list(filter, before == null ? Long.MAX_VALUE : before, AT_ONCE + 1);
    boolean more = found.size() > AT_ONCE;
    List<AuditEntry> shown = more ? found.subList(0, AT_ONCE) : found;
    model.addAttribute("entries", shown);
    model.addAttribute("asked", new Asked(q, act, refusals, from, to));
    model.addAttribute("narrowed", filter.narrows());
    model.addAttribute("filter", filter);
    model.addAttribute("before", before);
    model.addAttribute("next", more ? shown.getLast().id() : null);
    model.addAttribute(
        "acts", Arrays.stream(Act.values()).sorted(Comparator.comparing(Act::words)).toList());
    model.addAttribute("protection", protection.now());
    return "audit";
  }

  private static @Nullable Instant start(@Nullable LocalDate day) {
    return day == null ? null : day.atStartOfDay(ZoneId.systemDefault()).toInstant();
  }
}
