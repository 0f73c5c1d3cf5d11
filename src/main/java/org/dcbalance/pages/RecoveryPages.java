package org.dcbalance.pages;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.recovery.Recoveries;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Show what can be done for a host that does not answer, take the word that it is off, recover. */
@Controller
@RequestMapping("/hosts/{id}")
class RecoveryPages {
  private final Recoveries recoveries;
  private final HostFencing fencing;
  private final HostLines lines;

  RecoveryPages(Recoveries recoveries, HostFencing fencing, HostLines lines) {
    this.recoveries = recoveries;
    this.fencing = fencing;
    this.lines = lines;
  }

  @GetMapping("/recovery")
  String show(
      @PathVariable HostId id,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var view = recoveries.of(id);
    model.addAttribute("host", lines.line(view.host()));
    model.addAttribute("view", view);
    return "state".equals(fragment) ? "recovery :: state" : "recovery";
  }

  @PostMapping("/fencing")
  String state(
      @PathVariable HostId id,
      @RequestParam(defaultValue = "") String name,
      @RequestParam(defaultValue = "") String why,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> fencing.state(id, name, why, me.operator()),
        "Its machines can be restored elsewhere now.",
        new Entered("fencing", fields),
        redirect);
    return back(id);
  }

  @PostMapping("/fencing/delete")
  String takeBack(@PathVariable HostId id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> fencing.takeBack(id, me.operator()),
        "Nothing more of it is restored elsewhere.",
        redirect);
    return back(id);
  }

  @PostMapping("/recovery")
  String recover(
      @PathVariable HostId id,
      @RequestParam(required = false) @Nullable List<VmId> vmIds,
      @RequestParam(required = false) @Nullable HostId hostId,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var chosen = vmIds == null ? List.<VmId>of() : vmIds;
    Notice.tried(
        () -> recoveries.recover(id, chosen, hostId, me.operator()),
        "They are being restored.",
        ticked(chosen, hostId),
        redirect);
    return back(id);
  }

  private static Entered ticked(List<VmId> vms, @Nullable HostId target) {
    var fields = new HashMap<String, String>();
    vms.forEach(vm -> fields.put("vm-" + vm, "true"));
    if (target != null) {
      fields.put("hostId", target.toString());
    }
    return new Entered("recovery", fields);
  }

  private static String back(HostId id) {
    return "redirect:/hosts/" + id + "/recovery";
  }
}
