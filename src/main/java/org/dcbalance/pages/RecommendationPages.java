package org.dcbalance.pages;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.method.Choice;
import org.dcbalance.method.MethodText;
import org.dcbalance.migration.Check;
import org.dcbalance.migration.ForeseenMethod;
import org.dcbalance.migration.MigrationOutlook;
import org.dcbalance.migration.PreFlightChecks;
import org.dcbalance.recommendation.Foresight;
import org.dcbalance.recommendation.Recommendation;
import org.dcbalance.recommendation.Recommendations;
import org.dcbalance.recommendation.Round;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;

/** Show what is proposed, and all that is known of one proposal. */
@Controller
class RecommendationPages {
  private static final int MOST_PAST_MOVES = 10;
  private static final String CHOSEN_ANEW =
      "This is foreseen from what is recorded; it is chosen anew when the move starts.";

  private final Recommendations recommendations;
  private final RecommendationLines lines;
  private final Boards boards;
  private final Rounds rounds;
  private final PreFlightChecks checks;
  private final MigrationLines moves;
  private final Targets targets;
  private final ForeseenMethod foreseen;
  private final VmWishes vms;
  private final MigrationOutlook slots;
  private final Foresight foresight;
  private final Clock clock;

  RecommendationPages(
      Recommendations recommendations,
      RecommendationLines lines,
      Boards boards,
      Rounds rounds,
      PreFlightChecks checks,
      MigrationLines moves,
      Targets targets,
      ForeseenMethod foreseen,
      VmWishes vms,
      MigrationOutlook slots,
      Foresight foresight,
      Clock clock) {
    this.recommendations = recommendations;
    this.lines = lines;
    this.boards = boards;
    this.rounds = rounds;
    this.checks = checks;
    this.moves = moves;
    this.targets = targets;
    this.foreseen = foreseen;
    this.vms = vms;
    this.slots = slots;
    this.foresight = foresight;
    this.clock = clock;
  }

  /** How the memory would get across, and why in this way. */
  record Method(String name, String why) {}

  @GetMapping("/recommendations")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(name = "id", required = false) @Nullable List<Long> ids,
      Model model) {
    var current = lines.current(shell.poolId());
    var waiting = current.stream().filter(RecommendationLine::waiting).toList();
    if ("effect".equals(fragment)) {
      var chosen = ids == null ? List.<Long>of() : ids;
      model.addAttribute(
          "effect",
          CombinedEffect.of(
              waiting.stream().filter(l -> chosen(l, chosen)).toList(),
              boards.of(shell, waiting),
              foresight,
              slots));
      return "recommendations :: effect";
    }
    model.addAttribute("recommendations", current);
    model.addAttribute("boards", boards.of(shell, waiting));
    model.addAttribute("unlisted", RecommendationLines.unlisted(waiting, shell));
    return "table".equals(fragment) ? "recommendations :: table" : "recommendations";
  }

  @GetMapping("/recommendations/{id}")
  String one(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable String range,
      Model model) {
    var found =
        recommendations
            .findById(id)
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.NOT_FOUND,
                        "There is no recommendation " + id + ".",
                        "Maybe look at the recommendations of the newest round."));
    var line = lines.line(found);
    model.addAttribute("recommendation", line);
    if ("targets".equals(fragment)) {
      addTargets(found, line, model);
      return "recommendation :: targets";
    }
    var roundId = found.roundId();
    var round = roundId == null ? null : rounds.find(roundId).orElse(null);
    model.addAttribute("round", round == null ? null : round.number());
    model.addAttribute("terms", round == null ? List.<Round.ScoreTerm>of() : round.terms());
    model.addAttribute("checks", line.waiting() ? checks(found) : List.of());
    model.addAttribute("method", line.waiting() ? method(found) : null);
    if ("state".equals(fragment)) {
      return "recommendation :: state";
    }
    addTargets(found, line, model);
    model.addAttribute("pastMoves", moves.ofVm(line.vmId(), MOST_PAST_MOVES));
    model.addAttribute("range", Ranges.chosen(range));
    return "recommendation";
  }

  /** What is decided with a chosen one is as good as chosen. */
  private static boolean chosen(RecommendationLine line, List<Long> ids) {
    return ids.contains(line.id()) || line.along().stream().anyMatch(a -> ids.contains(a.id()));
  }

  private List<Check> checks(Recommendation found) {
    try {
      return checks.of(found.vmId(), found.targetId());
    } catch (Problem e) {
      return List.of(new Check("Known", false, e.sentence()));
    }
  }

  private void addTargets(Recommendation found, RecommendationLine line, Model model) {
    var others = line.waiting() ? targets(found) : List.<Targets.Target>of();
    model.addAttribute("targets", others);
    model.addAttribute("imbalances", imbalances(found, others));
    model.addAttribute(
        "choosable",
        found.waits(clock.instant()) && found.together().isEmpty() && line.approvable());
  }

  private List<Targets.Target> targets(Recommendation found) {
    return targets.of(vms.find(found.vmId().value()), found.together(), found.targetId());
  }

  /** Score the pool with its VMs, those that go along included, on each host that can take them. */
  private Map<HostId, Double> imbalances(Recommendation found, List<Targets.Target> others) {
    var possible = others.stream().filter(Targets.Target::possible).toList();
    if (possible.isEmpty()) {
      return Map.of();
    }
    var moving = Stream.concat(Stream.of(found.vmId()), found.together().stream()).toList();
    var view = foresight.of(found.poolId());
    return possible.stream()
        .collect(
            Collectors.toMap(
                Targets.Target::id,
                target ->
                    view.after(
                        moving.stream().collect(Collectors.toMap(vm -> vm, _ -> target.id())))));
  }

  private Method method(Recommendation found) {
    return switch (foreseen.of(found.vmId(), found.targetId()).orElse(null)) {
      case Choice.Move move ->
          new Method(move.method().words(), joined(MethodText.why(move), CHOSEN_ANEW));
      case Choice.Wait wait ->
          new Method("None that is allowed does it now", joined(MethodText.why(wait), CHOSEN_ANEW));
      case null ->
          new Method(
              "Chosen when it starts",
              "It depends on how fast the VM changes its memory then, on what both hosts can do, and"
                  + " on what is allowed for the VM.");
    };
  }

  private static String joined(String why, String then) {
    return why.isEmpty() ? then : why + " " + then;
  }
}
