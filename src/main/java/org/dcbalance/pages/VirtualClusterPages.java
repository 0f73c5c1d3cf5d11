package org.dcbalance.pages;

import java.util.Map;
import java.util.Objects;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.Checkpoints;
import org.dcbalance.checkpoint.VirtualCluster;
import org.dcbalance.checkpoint.VirtualClusters;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** List virtual clusters, and have their members captured and brought back together. */
@Controller
class VirtualClusterPages {
  private final VirtualClusters clusters;
  private final Checkpoints checkpoints;
  private final Vms vms;
  private final TypedNames names;

  VirtualClusterPages(
      VirtualClusters clusters, Checkpoints checkpoints, Vms vms, TypedNames names) {
    this.clusters = clusters;
    this.checkpoints = checkpoints;
    this.vms = vms;
    this.names = names;
  }

  @GetMapping("/virtual-clusters")
  String list(Model model) {
    model.addAttribute("clusters", clusters.all());
    return "virtual-clusters";
  }

  @GetMapping("/virtual-clusters/{id}")
  String one(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var cluster = clusters.find(id);
    model.addAttribute("cluster", cluster);
    model.addAttribute("running", cluster.members().stream().anyMatch(m -> m.running()));
    model.addAttribute("checkpoints", clusters.checkpoints(id));
    model.addAttribute("noCheckpoint", whyNot(cluster));
    return "state".equals(fragment) ? "virtual-cluster :: state" : "virtual-cluster";
  }

  private @Nullable String whyNot(VirtualCluster cluster) {
    return cluster.members().stream()
        .flatMap(m -> vms.findById(m.vmId().value()).stream())
        .map(checkpoints::whyNotTogether)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  @PostMapping("/virtual-clusters")
  String add(
      @RequestParam(defaultValue = "") String name,
      @RequestParam(defaultValue = "") String members,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      return "redirect:/virtual-clusters/" + clusters.add(name, names.vms(members), me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      redirect.addFlashAttribute("typedName", name);
      redirect.addFlashAttribute("typedMembers", members);
      return "redirect:/virtual-clusters";
    }
  }

  @PostMapping("/virtual-clusters/{id}/delete")
  String remove(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    try {
      clusters.remove(id, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      return "redirect:/virtual-clusters/" + id;
    }
    return "redirect:/virtual-clusters";
  }

  @PostMapping("/virtual-clusters/{id}/checkpoints")
  String take(
      @PathVariable long id,
      @RequestParam(defaultValue = "") String why,
      @RequestParam(defaultValue = "BLOCKING") VirtualCluster.Manner manner,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> clusters.take(id, manner, why, me.operator()),
        "All members are being captured.",
        redirect);
    return "redirect:/virtual-clusters/" + id;
  }

  @PostMapping("/cluster-checkpoints/{id}/restore")
  String restore(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String replace,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> clusters.restore(id, Map.of(), replace, me.operator()),
        "All members are being restored.",
        redirect);
    return "redirect:/virtual-clusters/" + clusters.findTaken(id).clusterId();
  }

  @PostMapping("/cluster-checkpoints/{id}/delete")
  String delete(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(() -> clusters.delete(id, me.operator()), "It is being deleted.", redirect);
    return "redirect:/virtual-clusters/" + clusters.findTaken(id).clusterId();
  }
}
