package org.dcbalance.pages;

import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Add and remove the rules of a pool. */
@Controller
class PlacementRulePages {
  private final PlacementRules rules;

  PlacementRulePages(PlacementRules rules) {
    this.rules = rules;
  }

  @PostMapping("/pools/{id}/rules")
  String add(
      @PathVariable PoolId id,
      @RequestParam(defaultValue = "") String name,
      @RequestParam PlacementRules.Kind kind,
      @RequestParam(defaultValue = "true") boolean hard,
      @RequestParam(required = false, defaultValue = "") List<Long> vms,
      @RequestParam(required = false, defaultValue = "") List<Long> hosts,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var added =
          rules.add(id, new PlacementRules.NewRule(name, kind, hard, vms, hosts), me.operator());
      Notice.done("The rule " + added.name() + " holds from the next round on.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return "redirect:/pools/" + id;
  }

  @PostMapping("/pools/{id}/rules/{rule}/delete")
  String remove(
      @PathVariable PoolId id,
      @PathVariable long rule,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      rules.remove(id, rule, me.operator());
      Notice.done("The rule is removed.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return "redirect:/pools/" + id;
  }
}
