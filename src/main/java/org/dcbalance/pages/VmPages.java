package org.dcbalance.pages;

import java.util.List;
import org.dcbalance.checkpoint.Checkpoints;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.migration.Check;
import org.dcbalance.migration.MovesByHand;
import org.dcbalance.migration.PreFlightChecks;
import org.dcbalance.migration.SentMemory;
import org.dcbalance.recovery.Recoveries;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;

/** List virtual machines, and show one with its load, its places and its moves. */
@Controller
class VmPages {
  private static final int MOST_MOVES = 20;
  private static final int MOST_CHECKPOINTS = 5;

  private final VmLines lines;
  private final VmDetails details;
  private final VmWishes vms;
  private final MigrationLines moves;
  private final Targets targets;
  private final PreFlightChecks checks;
  private final SentMemory sent;
  private final MovesByHand byHand;
  private final PlacementRules rules;
  private final Checkpoints checkpoints;
  private final Recoveries recoveries;
  private final TroubledThings things;

  VmPages(
      VmLines lines,
      VmDetails details,
      VmWishes vms,
      MigrationLines moves,
      Targets targets,
      PreFlightChecks checks,
      SentMemory sent,
      MovesByHand byHand,
      PlacementRules rules,
      Checkpoints checkpoints,
      Recoveries recoveries,
      TroubledThings things) {
    this.lines = lines;
    this.details = details;
    this.vms = vms;
    this.moves = moves;
    this.targets = targets;
    this.checks = checks;
    this.sent = sent;
    this.byHand = byHand;
    this.rules = rules;
    this.checkpoints = checkpoints;
    this.recoveries = recoveries;
    this.things = things;
  }

  @GetMapping("/vms")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(defaultValue = "") String q,
      @RequestParam(defaultValue = "cpu") String sort,
      @RequestParam(defaultValue = "1") int page,
      Model model) {
    var all = lines.all(shell.poolId());
    model.addAttribute("vms", lines.page(all, q, order(sort), page));
    model.addAttribute("total", all.size());
    model.addAttribute("q", q);
    model.addAttribute("sort", sort);
    return "table".equals(fragment) ? "vms :: table" : "vms";
  }

  @GetMapping("/vms/{id}")
  String one(
      @PathVariable VmId id,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable String range,
      @RequestParam(required = false) @Nullable HostId target,
      @RequestParam(required = false) @Nullable Boolean withStorage,
      Model model) {
    var vm = vms.find(id.value());
    var detail = details.of(vm);
    model.addAttribute("vm", detail);
    model.addAttribute(
        "twins", recoveries.twins().stream().filter(t -> t.vmId().equals(id)).toList());
    model.addAttribute(
        "split", things.split(null).stream().filter(v -> v.id() == id.value()).toList());
    if ("state".equals(fragment)) {
      return "vm :: state";
    }
    past(id, vm, model);
    if ("moves".equals(fragment)) {
      return "vm :: moves";
    }
    model.addAttribute("disks", details.disks(vm));
    model.addAttribute("rules", rules.speakingOf(id));
    model.addAttribute("noCheckpoint", checkpoints.whyNot(vm));
    model.addAttribute("standsStill", checkpoints.standsStill(vm));
    model.addAttribute(
        "checkpoints", checkpoints.list(id, null, new Cursor(MOST_CHECKPOINTS, null)).items());
    model.addAttribute("targets", targets.of(vm));
    model.addAttribute("methods", byHand.offered(vm));
    model.addAttribute("onItsWay", sent.of(vm).map(SentMemory.Way::sentence).orElse(null));
    model.addAttribute("target", target);
    // one that only its disks tie cannot be asked for without them
    boolean disksToo = withStorage == null ? detail.onlyDisksTie() : withStorage;
    model.addAttribute("checks", target == null ? List.of() : checks(id, target, disksToo));
    model.addAttribute("range", Ranges.chosen(range));
    return "vm";
  }

  private void past(VmId id, Vm vm, Model model) {
    var past = moves.ofVm(id, MOST_MOVES);
    model.addAttribute("moves", past);
    model.addAttribute("longestDowntimeMillis", FinishedMigration.longestMillis(past));
    model.addAttribute("placements", details.placements(vm));
  }

  private List<Check> checks(VmId vm, HostId target, boolean withStorage) {
    try {
      return checks.byHand(vm, target, withStorage);
    } catch (Problem e) {
      return List.of(new Check("Known", false, e.sentence()));
    }
  }

  private static VmLines.Order order(String sort) {
    return switch (sort) {
      case "name" -> VmLines.Order.NAME;
      case "memory" -> VmLines.Order.MEMORY;
      case "moved" -> VmLines.Order.MOVED;
      default -> VmLines.Order.CPU;
    };
  }
}
