package org.dcbalance.pages;

import java.util.List;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.migration.Check;
import org.dcbalance.migration.PreFlightChecks;
import org.dcbalance.recommendation.Recommendation;
import org.dcbalance.recommendation.Recommendations;
import org.dcbalance.recommendation.Round;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.units.ErrorCode;
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

  private final Recommendations recommendations;
  private final RecommendationLines lines;
  private final Boards boards;
  private final Rounds rounds;
  private final PreFlightChecks checks;
  private final MigrationLines moves;
  private final Targets targets;
  private final VmWishes vms;

  RecommendationPages(
      Recommendations recommendations,
      RecommendationLines lines,
      Boards boards,
      Rounds rounds,
      PreFlightChecks checks,
      MigrationLines moves,
      Targets targets,
      VmWishes vms) {
    this.recommendations = recommendations;
    this.lines = lines;
    this.boards = boards;
    this.rounds = rounds;
    this.checks = checks;
    this.moves = moves;
    this.targets = targets;
    this.vms = vms;
  }

  /** How the memory gets across, and why in this way. */
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
              waiting.stream().filter(l -> chosen.contains(l.id())).toList(),
              boards.of(shell, waiting)));
      return "recommendations :: effect";
    }
    model.addAttribute("recommendations", current);
    model.addAttribute("boards", boards.of(shell, waiting));
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
    var roundId = found.roundId();
    var round = roundId == null ? null : rounds.find(roundId).orElse(null);
    model.addAttribute("recommendation", line);
    model.addAttribute("round", round == null ? null : round.number());
    model.addAttribute("terms", round == null ? List.<Round.ScoreTerm>of() : round.terms());
    model.addAttribute("checks", line.waiting() ? checks(found) : List.of());
    model.addAttribute("method", method(found));
    if ("state".equals(fragment)) {
      return "recommendation :: state";
    }
    model.addAttribute("targets", targets.of(vms.find(line.vmId().value())));
    model.addAttribute("pastMoves", moves.ofVm(line.vmId(), MOST_PAST_MOVES));
    model.addAttribute("range", Ranges.chosen(range));
    return "recommendation";
  }

  private List<Check> checks(Recommendation found) {
    try {
      return checks.of(found.vmId(), found.targetId());
    } catch (Problem e) {
      return List.of(new Check("Known", false, e.sentence()));
    }
  }

  private static Method method(Recommendation found) {
    var cost = found.cost();
    return new Method(
        "Pre-copy",
        "Memory is copied while it runs, and again what it changed meanwhile. "
            + (cost.converges()
                ? "The copy is expected to end by itself."
                : "The copy may not end by itself: it changes memory too fast.")
            + (cost.measuredDirtyRate()
                ? " Its dirty rate was measured."
                : " Its dirty rate was not measured yet and is assumed."));
  }
}
