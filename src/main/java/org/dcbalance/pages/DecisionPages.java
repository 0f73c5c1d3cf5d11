package org.dcbalance.pages;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.LongFunction;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.console.Format;
import org.dcbalance.recommendation.Approvals;
import org.dcbalance.recommendation.Names;
import org.dcbalance.recommendation.OtherTargets;
import org.dcbalance.recommendation.Recommendation;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * Approve and reject, one or several at once. Each stands for itself, with those that a rule does
 * not part from it. One alone can be sent to another host.
 */
@Controller
class DecisionPages {
  private static final String LIST = "/recommendations";

  private final Approvals approvals;
  private final OtherTargets others;
  private final Names names;
  private final Format format;

  DecisionPages(Approvals approvals, OtherTargets others, Names names, Format format) {
    this.approvals = approvals;
    this.others = others;
    this.names = names;
    this.format = format;
  }

  @PostMapping("/recommendations/approve")
  String approve(
      @RequestParam(name = "id", required = false) @Nullable List<Long> ids,
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    decide(ids, id -> approvals.approve(id, me.operator()), "Approved", "approved").on(redirect);
    return Back.to(back, LIST);
  }

  @PostMapping("/recommendations/reject")
  String reject(
      @RequestParam(name = "id", required = false) @Nullable List<Long> ids,
      @RequestParam(defaultValue = "") String reason,
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    decide(ids, id -> approvals.reject(id, me.operator(), reason), "Rejected", "rejected")
        .on(redirect);
    return Back.to(back, LIST);
  }

  @PostMapping("/recommendations/{id}/target")
  String target(
      @PathVariable long id,
      @RequestParam HostId targetHostId,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      return "redirect:/migrations/" + others.choose(id, targetHostId, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      return "redirect:/recommendations/" + id;
    }
  }

  private Notice decide(
      @Nullable List<Long> ids,
      LongFunction<List<Recommendation>> decision,
      String done,
      String doneInside) {
    if (ids == null || ids.isEmpty()) {
      return Notice.refused(
          new Problem(
              ErrorCode.BAD_REQUEST,
              "No recommendation was selected; nothing was " + doneInside + ".",
              "Maybe tick the moves that are meant."));
    }
    var found = new LinkedHashMap<Long, Recommendation>();
    var refused = new ArrayList<Problem>();
    for (var id : new LinkedHashSet<>(ids)) {
      try {
        decision.apply(id).forEach(each -> found.putIfAbsent(each.id(), each));
      } catch (Problem e) {
        refused.add(e);
      }
    }
    var decided = List.copyOf(found.values());
    if (decided.isEmpty() && refused.size() == 1) {
      return Notice.refused(refused.getFirst());
    }
    var reasons = String.join(" ", refused.stream().map(Problem::sentence).distinct().toList());
    if (decided.isEmpty()) {
      return new Notice("bad", "Nothing was " + doneInside + ". " + reasons, null);
    }
    var said =
        "%s %s: %s."
            .formatted(
                done,
                format.plural(decided.size(), "move", "moves"),
                String.join(", ", words(decided)));
    return refused.isEmpty()
        ? Notice.done(said)
        : new Notice("warn", said + " Not the others: " + reasons, null);
  }

  private List<String> words(List<Recommendation> decided) {
    var known = names.of(decided);
    return decided.stream()
        .map(r -> known.vm(r.vmId()) + " to " + known.host(r.targetId()))
        .toList();
  }
}
