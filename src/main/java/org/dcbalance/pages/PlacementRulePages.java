package org.dcbalance.pages;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
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

  /**
   * Add a rule about the VMs that are named, and about one that need not be: the one whose page
   * this comes from.
   */
  @PostMapping("/pools/{id}/rules")
  String add(
      @PathVariable PoolId id,
      @RequestParam(defaultValue = "") String name,
      @RequestParam PlacementRules.Kind kind,
      @RequestParam(defaultValue = "true") boolean hard,
      @RequestParam(defaultValue = "") String vms,
      @RequestParam(defaultValue = "") String hosts,
      @RequestParam(required = false) @Nullable VmId vm,
      @RequestParam(required = false) @Nullable String back,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var added =
          rules.add(
              id,
              new PlacementRules.NewRule(
                  name, kind, hard, withThis(vm, names.vmsOf(id, vms)), names.hostsOf(id, hosts)),
              me.operator());
      Notice.done("The rule " + added.name() + " holds from the next round on.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered(form(vm, kind), fields).on(redirect);
    }
    return Back.to(back, "/pools/" + id);
  }

  private static List<Long> withThis(@Nullable VmId vm, List<Long> others) {
    return vm == null
        ? others
        : Stream.concat(Stream.of(vm.value()), others.stream()).distinct().toList();
  }

  private static String form(@Nullable VmId vm, PlacementRules.Kind kind) {
    return switch (kind) {
      case ON, OFF -> vm == null ? "rule" : "pin";
      case APART, TOGETHER -> vm == null ? "rule" : "beside";
    };
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
