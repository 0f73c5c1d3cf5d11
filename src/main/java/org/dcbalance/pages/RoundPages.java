package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.Pools;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.Round;
import org.dcbalance.recommendation.RoundReplays;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.reporting.RoundHistory;
import org.dcbalance.telemetry.TelemetrySettings;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;

/** Show every decision: what it knew, how it scored, what it chose and passed over. */
@Controller
class RoundPages {
  private static final int AT_ONCE = 50;
  private static final Set<String> OUTCOMES =
      Set.of("BALANCED", "NOT_ENOUGH_DATA", "HOLDING", "PROPOSAL");

  private final Rounds rounds;
  private final RoundHistory history;
  private final RoundReplays replays;
  private final Pools pools;
  private final BalancingSettings settings;
  private final TelemetrySettings telemetry;
  private final Clock clock;

  RoundPages(
      Rounds rounds,
      RoundHistory history,
      RoundReplays replays,
      Pools pools,
      BalancingSettings settings,
      TelemetrySettings telemetry,
      Clock clock) {
    this.rounds = rounds;
    this.history = history;
    this.replays = replays;
    this.pools = pools;
    this.settings = settings;
    this.telemetry = telemetry;
    this.clock = clock;
  }

  @GetMapping("/rounds")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(defaultValue = "") String outcome,
      @RequestParam(required = false) @Nullable Long before,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var chosen = OUTCOMES.contains(outcome) ? outcome : null;
    var pool = shell.poolId();
    var found =
        history.list(
            pool == null ? null : pool.value(),
            chosen,
            before == null ? Long.MAX_VALUE : before,
            AT_ONCE + 1);
    boolean more = found.size() > AT_ONCE;
    var shown = more ? found.subList(0, AT_ONCE) : found;
    model.addAttribute("rounds", shown);
    model.addAttribute("outcome", chosen);
    model.addAttribute("before", before);
    model.addAttribute("next", more ? shown.getLast().id() : null);
    return "table".equals(fragment) ? "rounds :: table" : "rounds";
  }

  @GetMapping("/rounds/{id}")
  String one(@PathVariable long id, Model model) {
    fill(rounds.get(id), model);
    return "round";
  }

  /** Decide it again; the page is the same, with what came of it. */
  @GetMapping("/rounds/{id}/replay")
  String replay(
      @PathVariable long id,
      @ModelAttribute(name = "form") ReplayForm form,
      @RequestHeader(name = "HX-Request", defaultValue = "false") boolean fragment,
      CurrentOperator me,
      Model model) {
    fill(rounds.get(id), model);
    try {
      var shown = (ReplayForm) model.getAttribute("decidedBy");
      model.addAttribute("replayed", replays.replay(id, form.changes(shown), me.operator()));
    } catch (Problem e) {
      model.addAttribute("refused", e);
    }
    return fragment ? "round :: replayed" : "round";
  }

  private void fill(Round round, Model model) {
    long id = round.id();
    var pool = pools.findById(round.poolId()).orElseThrow();
    var inputs = history.inputs(id);
    model.addAttribute("round", round);
    model.addAttribute("pool", pool.name());
    model.addAttribute("inputs", inputs);
    model.addAttribute("samplesKept", samplesKept(round, inputs));
    model.addAttribute("coverage", settings.pace(pool).limits().minimumCoverage());
    model.addAttribute("expected", expected(round.window()));
    model.addAttribute("standing", history.standing(id));
    model.addAttribute("neighbours", history.neighbours(id));
    model.addAttribute("decidedBy", replays.decidedBy(id).map(ReplayForm::of).orElse(null));
    model.addAttribute("keepInputs", settings.keepInputs());
  }

  /** Samples are dropped by whole days, so some of that time may be left after it. */
  private boolean samplesKept(Round round, List<RoundHistory.Input> inputs) {
    return round.at().isAfter(clock.instant().minus(telemetry.keepSamples()))
        || inputs.stream().anyMatch(input -> input.samples() > 0);
  }

  private long expected(Duration window) {
    return Math.max(1, window.toMillis() / Math.max(1, telemetry.period().toMillis()));
  }
}
