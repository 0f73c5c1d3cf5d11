package org.dcbalance.pages;

import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.evacuation.Evacuations;
import org.dcbalance.evacuation.Preview;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Show what maintenance of a host takes, begin to empty it, show how far that is, and stop it. */
@Controller
@RequestMapping("/hosts/{id}/evacuation")
class EvacuationPages {
  private final Hosts hosts;
  private final HostLines lines;
  private final Evacuations evacuations;

  EvacuationPages(Hosts hosts, HostLines lines, Evacuations evacuations) {
    this.hosts = hosts;
    this.lines = lines;
    this.evacuations = evacuations;
  }

  @GetMapping
  String show(
      @PathVariable HostId id,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var host = hosts.require(id);
    model.addAttribute("host", lines.line(host));
    model.addAttribute("maintenance", host.maintenance());
    var standing = evacuations.standing(id);
    model.addAttribute("progress", standing.progress());
    model.addAttribute("preview", standing.preview());
    model.addAttribute("effects", effects(standing.preview()));
    return "progress".equals(fragment) ? "evacuation :: progress" : "evacuation";
  }

  /** Show for each host what it will have less of to spare. */
  private static List<RecommendationLine.Effect> effects(Preview preview) {
    return preview.filling().stream()
        .map(
            host ->
                new RecommendationLine.Effect(
                    host.hostId(),
                    host.host(),
                    host.cpuBefore(),
                    host.cpuAfter(),
                    host.memoryBefore(),
                    host.memoryAfter(),
                    host.memoryAfter() > host.cpuAfter() ? "memory" : "CPU"))
        .toList();
  }

  @PostMapping
  String start(@PathVariable HostId id, CurrentOperator me, RedirectAttributes redirect) {
    try {
      evacuations.start(id, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return "redirect:/hosts/" + id + "/evacuation";
  }

  @PostMapping("/cancel")
  String cancel(@PathVariable HostId id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> evacuations.cancel(id, me.operator()),
        "No more of its VMs are moved. What runs ends by itself.",
        redirect);
    return "redirect:/hosts/" + id + "/evacuation";
  }
}
