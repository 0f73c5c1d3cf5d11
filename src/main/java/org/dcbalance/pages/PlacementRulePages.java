package org.dcbalance.pages;

import java.io.Serializable;
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
  private final TypedNames names;

  PlacementRulePages(PlacementRules rules, TypedNames names) {
    this.rules = rules;
    this.names = names;
  }

  /** What was typed, shown again when it was refused. */
  private record TypedRule(
      String name, PlacementRules.Kind kind, boolean hard, String vms, String hosts)
      implements Serializable {}

  @PostMapping("/pools/{id}/rules")
  String add(
      @PathVariable PoolId id,
      @RequestParam(defaultValue = "") String name,
      @RequestParam PlacementRules.Kind kind,
      @RequestParam(defaultValue = "true") boolean hard,
      @RequestParam(defaultValue = "") String vms,
      @RequestParam(defaultValue = "") String hosts,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var added =
          rules.add(
              id,
              new PlacementRules.NewRule(
                  name, kind, hard, names.vmsOf(id, vms), names.hostsOf(id, hosts)),
              me.operator());
      Notice.done("The rule " + added.name() + " holds from the next round on.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      redirect.addFlashAttribute("typedRule", new TypedRule(name, kind, hard, vms, hosts));
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
