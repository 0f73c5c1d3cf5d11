package org.dcbalance.pages;

import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.CheckpointCopies;
import org.dcbalance.checkpoint.CheckpointSchedules;
import org.dcbalance.checkpoint.CheckpointSchedules.NewSchedule;
import org.dcbalance.checkpoint.CheckpointStorages;
import org.dcbalance.checkpoint.Checkpoints;
import org.dcbalance.checkpoint.VirtualCluster;
import org.dcbalance.checkpoint.VirtualClusters;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
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

/** List checkpoints, show one, and take, restore, verify and delete them. */
@Controller
class CheckpointPages {
  private static final int PAGE = 50;

  private final Checkpoints checkpoints;
  private final CheckpointCopies copies;
  private final CheckpointStorages storages;
  private final CheckpointSchedules schedules;
  private final VirtualClusters clusters;
  private final Vms vms;
  private final TypedNames names;

  CheckpointPages(
      Checkpoints checkpoints,
      CheckpointCopies copies,
      CheckpointStorages storages,
      CheckpointSchedules schedules,
      VirtualClusters clusters,
      Vms vms,
      TypedNames names) {
    this.checkpoints = checkpoints;
    this.copies = copies;
    this.storages = storages;
    this.schedules = schedules;
    this.clusters = clusters;
    this.vms = vms;
    this.names = names;
  }

  @GetMapping("/checkpoints")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable Long before,
      Model model) {
    var found =
        checkpoints.ofPool(
            shell.poolId(), new Cursor(PAGE, before == null ? null : Long.toString(before)));
    model.addAttribute("checkpoints", found.items());
    model.addAttribute("before", before);
    model.addAttribute("next", found.next());
    if ("list".equals(fragment)) {
      return "checkpoints :: list";
    }
    model.addAttribute("schedules", schedules.ofPool(shell.poolId()));
    var all = storages.all().stream().filter(s -> shell.shows(new PoolId(s.poolId()))).toList();
    model.addAttribute("storages", all);
    model.addAttribute("none", all.stream().allMatch(s -> s.name() == null));
    return "checkpoints";
  }

  @GetMapping("/checkpoints/{id}")
  String one(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var checkpoint = checkpoints.find(id);
    model.addAttribute("checkpoint", checkpoint);
    var whole = checkpoint.clusterCheckpointId();
    model.addAttribute("whole", whole == null ? null : clusters.findTaken(whole));
    var vm = vms.findById(checkpoint.vmId().value()).orElseThrow();
    model.addAttribute("ends", checkpoints.endsSomething(vm));
    model.addAttribute("targets", checkpoints.targets(checkpoint));
    model.addAttribute("copyTargets", checkpoints.copyTargets(checkpoint));
    model.addAttribute("used", checkpoint.restores().stream().anyMatch(r -> r.state().open()));
    model.addAttribute(
        "restoring",
        checkpoint.restores().stream().anyMatch(r -> r.state().open() && r.copy() == null));
    return "state".equals(fragment) ? "checkpoint :: state" : "checkpoint";
  }

  @PostMapping("/vms/{id}/checkpoints")
  String take(
      @PathVariable VmId id,
      @RequestParam(defaultValue = "false") boolean stopped,
      @RequestParam(defaultValue = "") String why,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      return "redirect:/checkpoints/" + checkpoints.take(id, !stopped, why, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("checkpoint", fields).on(redirect);
      return "redirect:/vms/" + id;
    }
  }

  @PostMapping("/checkpoints/{id}/restore")
  String restore(
      @PathVariable long id,
      @RequestParam HostId hostId,
      @RequestParam(defaultValue = "EAGER") Manner manner,
      @RequestParam(required = false) @Nullable String replace,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> checkpoints.restore(id, hostId, manner, replace, me.operator()),
        "It is being restored.",
        new Entered("restore", fields),
        redirect);
    return "redirect:/checkpoints/" + id;
  }

  @PostMapping("/checkpoints/{id}/copies")
  String copy(
      @PathVariable long id,
      @ModelAttribute CheckpointCopies.Wish wish,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> copies.copy(id, wish, me.operator()),
        "A copy is being made.",
        new Entered("copy", fields),
        redirect);
    return "redirect:/checkpoints/" + id;
  }

  @PostMapping("/checkpoints/{id}/verify")
  String verify(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(() -> checkpoints.verify(id, me.operator()), "All of it is being read.", redirect);
    return "redirect:/checkpoints/" + id;
  }

  @PostMapping("/checkpoints/{id}/delete")
  String delete(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    try {
      checkpoints.delete(id, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      return "redirect:/checkpoints/" + id;
    }
    return "redirect:/checkpoints";
  }

  @PostMapping("/checkpoint-schedules")
  String schedule(
      @RequestParam(defaultValue = "") String of,
      @RequestParam(defaultValue = "") String cron,
      @RequestParam(required = false) @Nullable Integer keepCount,
      @RequestParam(required = false) @Nullable Integer keepDays,
      @RequestParam(required = false) @Nullable Integer keepGib,
      @RequestParam(defaultValue = "BLOCKING") VirtualCluster.Manner manner,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () ->
            schedules.add(
                wish(of.strip(), manner, cron, keepCount, keepDays, keepGib), me.operator()),
        "It is taken when it is due.",
        new Entered("schedule", fields),
        redirect);
    return "redirect:/checkpoints";
  }

  /** A name is that of a virtual cluster, or else of a machine. */
  private NewSchedule wish(
      String of,
      VirtualCluster.Manner manner,
      String cron,
      @Nullable Integer keepCount,
      @Nullable Integer keepDays,
      @Nullable Integer keepGib) {
    var cluster = clusters.all().stream().filter(c -> c.name().equals(of)).findFirst();
    if (cluster.isPresent()) {
      return new NewSchedule(null, cluster.get().id(), manner, cron, keepCount, keepDays, keepGib);
    }
    var vm = names.vm(of);
    if (manner == VirtualCluster.Manner.BARRIER) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          of + " is one machine, and has no members that could be captured together.",
          "Maybe choose \"paused for all of it\", which is said of clusters alone: a machine runs"
              + " while most of its memory is written anyway.");
    }
    return new NewSchedule(vm, null, null, cron, keepCount, keepDays, keepGib);
  }

  @PostMapping("/checkpoint-schedules/{id}/delete")
  String endSchedule(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> schedules.remove(id, me.operator()), "What it took stays until deleted.", redirect);
    return "redirect:/checkpoints";
  }

  @PostMapping("/pools/{id}/checkpoint-storage")
  String choose(
      @PathVariable PoolId id,
      @RequestParam(defaultValue = "") String name,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> storages.choose(id, name, me.operator()),
        name.isBlank() ? "No checkpoints are taken there any more." : "Each host has it.",
        new Entered("storage-" + id, fields),
        redirect);
    return "redirect:/checkpoints";
  }
}
