package org.dcbalance.pages;

import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * Take what operators allow for moving a VM, or all VMs of a pool; an empty field allows nothing of
 * its own.
 */
@Controller
class MoveOptionPages {
  private final VmWishes wishes;
  private final PoolPolicy policy;

  MoveOptionPages(VmWishes wishes, PoolPolicy policy) {
    this.wishes = wishes;
    this.policy = policy;
  }

  @PostMapping("/vms/{id}/move-options")
  String ofVm(
      @PathVariable VmId id,
      @ModelAttribute MoveOptions options,
      @RequestParam(required = false) @Nullable Long version,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var change = new VmWishes.Change(null, null, null, null, options);
      var vm = wishes.change(id.value(), version, change, me.operator());
      Notice.done("How " + vm.name() + " may be moved is saved.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("move-options", fields).on(redirect);
    }
    return "redirect:/vms/" + id;
  }

  @PostMapping("/pools/{id}/move-options")
  String ofPool(
      @PathVariable PoolId id,
      @ModelAttribute MoveOptions options,
      @RequestParam(required = false) @Nullable Long version,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var change = PoolPolicy.Change.moves(options);
      var pool = policy.change(id, version, change, me.operator());
      Notice.done("How VMs of " + pool.name() + " may be moved is saved.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("move-options", fields).on(redirect);
    }
    return "redirect:/pools/" + id;
  }
}
