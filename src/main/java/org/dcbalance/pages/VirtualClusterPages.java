package org.dcbalance.pages;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.Checkpoints;
import org.dcbalance.checkpoint.VirtualCluster;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.checkpoint.VirtualClusters;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
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
  String list(@ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell, Model model) {
    model.addAttribute(
        "clusters", clusters.all().stream().filter(c -> shell.shows(c.poolId())).toList());
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
    var taken = clusters.checkpoints(id);
    model.addAttribute("checkpoints", taken);
    model.addAttribute("targets", targets(taken));
    model.addAttribute("noCheckpoint", whyNot(cluster));
    return "state".equals(fragment) ? "virtual-cluster :: state" : "virtual-cluster";
  }

  /** Members of a cluster are of one pool, and what was taken of them lies in one storage. */
  private Map<Long, List<Host>> targets(List<Taken> taken) {
    return taken.stream()
        .filter(t -> t.state() == VirtualCluster.State.COMPLETE && !t.members().isEmpty())
        .collect(Collectors.toMap(Taken::id, t -> checkpoints.targets(t.members().getFirst())));
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
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      return "redirect:/virtual-clusters/" + clusters.add(name, names.vms(members), me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("set", fields).on(redirect);
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
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> clusters.take(id, manner, why, me.operator()),
        "All members are being captured.",
        new Entered("capture", fields),
        redirect);
    return "redirect:/virtual-clusters/" + id;
  }

  @PostMapping("/cluster-checkpoints/{id}/restore")
  String restore(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String replace,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> clusters.restore(id, chosen(id, fields), replace, me.operator()),
        "All members are being restored.",
        new Entered("restore-" + id, fields),
        redirect);
    return "redirect:/virtual-clusters/" + clusters.findTaken(id).clusterId();
  }

  /** Give the hosts of members that are not restored where they were. */
  private Map<VmId, HostId> chosen(long id, Map<String, String> fields) {
    var hosts = new HashMap<VmId, HostId>();
    for (var member : clusters.findTaken(id).members()) {
      var host = fields.getOrDefault("host-" + member.vmId(), "");
      if (!host.isBlank()) {
        hosts.put(member.vmId(), host(host));
      }
    }
    return hosts;
  }

  private static HostId host(String typed) {
    try {
      return new HostId(Long.parseLong(typed));
    } catch (NumberFormatException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "There is no host " + typed + ".", "Maybe choose another one.", e);
    }
  }

  @PostMapping("/cluster-checkpoints/{id}/delete")
  String delete(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(() -> clusters.delete(id, me.operator()), "It is being deleted.", redirect);
    return "redirect:/virtual-clusters/" + clusters.findTaken(id).clusterId();
  }
}
