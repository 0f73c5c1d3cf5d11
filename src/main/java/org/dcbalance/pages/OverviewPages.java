package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.FleetEvent;
import org.dcbalance.inventory.SimulatedPool;
import org.dcbalance.reporting.MoveFigures;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestParam;

/** Show what is wrong, what is proposed and what is going on. */
@Controller
class OverviewPages {
  private static final int MOST_WAITING = 3;
  private static final int MOST_HOSTS = 8;
  private static final int MOST_EVENTS = 8;
  private static final int MOST_DOWNTIMES = 8;

  private final Boards boards;
  private final Verdicts verdicts;
  private final RecommendationLines recommendations;
  private final HostLines hosts;
  private final MigrationLines migrations;
  private final FleetEvents events;
  private final MoveFigures figures;
  private final Anomalies anomalies;
  private final Optional<SimulatedPool> simulated;
  private final Clock clock;

  OverviewPages(
      Boards boards,
      Verdicts verdicts,
      RecommendationLines recommendations,
      HostLines hosts,
      MigrationLines migrations,
      FleetEvents events,
      MoveFigures figures,
      Anomalies anomalies,
      Optional<SimulatedPool> simulated,
      Clock clock) {
    this.boards = boards;
    this.verdicts = verdicts;
    this.recommendations = recommendations;
    this.hosts = hosts;
    this.migrations = migrations;
    this.events = events;
    this.figures = figures;
    this.anomalies = anomalies;
    this.simulated = simulated;
    this.clock = clock;
  }

  /** The pool that the chart of imbalances shows. */
  record PoolBalance(PoolId poolId, String pool, double threshold) {}

  /** Something that happened; href is null where there is no page to it. */
  record Event(Instant at, String tone, String sentence, @Nullable String href) {}

  @GetMapping("/")
  String overview(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable String range,
      Model model) {
    return switch (fragment) {
      case "nav" -> "layout :: nav";
      case "newest" -> "layout :: newest";
      case "now" -> {
        now(shell, hosts.of(shell.poolId()), model);
        yield "overview :: now";
      }
      case "anomalies" -> {
        anomalies(shell, model);
        yield "overview :: anomalies";
      }
      case "hosts" -> {
        hosts(hosts.of(shell.poolId()), model);
        yield "overview :: hosts";
      }
      case "running" -> {
        running(shell, model);
        yield "overview :: running";
      }
      case "past" -> {
        past(shell, model);
        yield "overview :: past";
      }
      case null, default -> {
        var all = hosts.of(shell.poolId());
        now(shell, all, model);
        hosts(all, model);
        running(shell, model);
        past(shell, model);
        model.addAttribute("range", Ranges.chosen(range, Ranges.OF_IMBALANCE));
        yield "overview";
      }
    };
  }

  private void now(Shell shell, List<HostLine> all, Model model) {
    var waiting = recommendations.waiting(shell.poolId());
    var found = boards.of(shell, waiting);
    var verdict = verdicts.of(shell, found, all);
    model.addAttribute("verdict", verdict);
    if (verdict.state() == Verdict.State.EMPTY && shell.administrator()) {
      model.addAttribute("form", HostForm.blank(shell));
      model.addAttribute("pools", shell.real());
      model.addAttribute("errors", Map.of());
    }
    model.addAttribute(
        "simulatedOffered", simulated.map(SimulatedPool::offered).orElse(Boolean.FALSE));
    model.addAttribute("waiting", waiting.stream().limit(MOST_WAITING).toList());
    model.addAttribute(
        "waitingTotal", waiting.size() + RecommendationLines.unlisted(waiting, shell));
    model.addAttribute("anomalies", anomalies.of(new AnomalySource.Fleet(shell, found, all)));
    model.addAttribute(
        "balances",
        found.stream()
            .filter(b -> b.round() != null)
            .map(b -> new PoolBalance(b.poolId(), b.pool(), b.threshold()))
            .toList());
  }

  private void anomalies(Shell shell, Model model) {
    var found = boards.of(shell, recommendations.waiting(shell.poolId()));
    var all = hosts.of(shell.poolId());
    model.addAttribute("verdict", verdicts.of(shell, found, all));
    model.addAttribute("anomalies", anomalies.of(new AnomalySource.Fleet(shell, found, all)));
  }

  private static void hosts(List<HostLine> lines, Model model) {
    model.addAttribute("hosts", lines.stream().limit(MOST_HOSTS).toList());
    model.addAttribute("hostsTotal", lines.size());
  }

  private void running(Shell shell, Model model) {
    model.addAttribute("running", migrations.running(shell.poolId()));
  }

  private void past(Shell shell, Model model) {
    model.addAttribute(
        "events",
        events.newest(shell.poolId(), MOST_EVENTS).stream().map(OverviewPages::event).toList());
    var downtimes =
        figures.downtimes(
            shell.poolId(), clock.instant().minus(Duration.ofDays(1)), MOST_DOWNTIMES);
    model.addAttribute("downtimes", downtimes);
    model.addAttribute(
        "longestDowntimeMillis", downtimes.isEmpty() ? 0L : downtimes.getFirst().longestMillis());
  }

  private static Event event(FleetEvent event) {
    var tone =
        switch (event.severity()) {
          case INFO -> event.kind().equals("migration-ended") ? "ok" : "muted";
          case WARN -> "warn";
          case BAD -> "bad";
        };
    var href =
        event.vmId() != null
            ? "/vms/" + event.vmId()
            : event.hostId() != null ? "/hosts/" + event.hostId() : null;
    return new Event(event.at(), tone, event.sentence(), href);
  }
}
