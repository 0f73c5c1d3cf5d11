package org.dcbalance.pages;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.migration.SentMemory;
import org.dcbalance.recovery.Recoveries;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
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

/** List hosts, show one, and put it into maintenance or out of the inventory. */
@Controller
class HostPages {
  private static final int MOST_MOVES = 10;

  private final Hosts hosts;
  private final HostLines lines;
  private final VmLines vms;
  private final MigrationLines moves;
  private final HostRegistration registration;
  private final HostHelpers helpers;
  private final SentMemory sent;
  private final Recoveries recoveries;

  HostPages(
      Hosts hosts,
      HostLines lines,
      VmLines vms,
      MigrationLines moves,
      HostRegistration registration,
      HostHelpers helpers,
      SentMemory sent,
      Recoveries recoveries) {
    this.hosts = hosts;
    this.lines = lines;
    this.vms = vms;
    this.moves = moves;
    this.registration = registration;
    this.helpers = helpers;
    this.sent = sent;
    this.recoveries = recoveries;
  }

  /** A VM on the page of its host; cpuShare is what it takes of the host's CPU, 0 to 1. */
  record HostVm(
      VmId id,
      String name,
      String state,
      @Nullable Double cpuShare,
      Memory memory,
      @Nullable ByteRate network,
      @Nullable ByteRate disk,
      boolean movable,
      @Nullable String whyNot) {}

  @GetMapping("/hosts")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    model.addAttribute("hosts", lines.of(shell.poolId()));
    return "table".equals(fragment) ? "hosts :: table" : "hosts";
  }

  @GetMapping("/hosts/{id}")
  String one(
      @PathVariable HostId id,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable String range,
      CurrentOperator me,
      Model model) {
    var host = hosts.require(id);
    model.addAttribute("host", lines.line(host));
    if ("vms".equals(fragment)) {
      model.addAttribute("vms", vms(host));
      return "host :: vms";
    }
    model.addAttribute(
        "twins", recoveries.twins().stream().filter(t -> t.lostId().equals(id)).toList());
    model.addAttribute(
        "detail", HostDetail.of(host, me.mayAdminister(), sent.from(host).orElse(null)));
    if ("state".equals(fragment)) {
      return "host :: state";
    }
    model.addAttribute("moves", moves.ofHost(id, MOST_MOVES));
    if ("moves".equals(fragment)) {
      return "host :: moves";
    }
    model.addAttribute("vms", vms(host));
    model.addAttribute("helper", helpers.of(host).orElse(null));
    model.addAttribute("range", Ranges.chosen(range));
    return "host";
  }

  @PostMapping("/hosts/{id}/maintenance")
  String maintain(
      @PathVariable HostId id,
      @RequestParam boolean on,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var host = registration.maintain(id, on, me.operator());
    Notice.done(
            on
                ? host.name() + " is in maintenance: nothing moves to it."
                : host.name() + " takes guests again.")
        .on(redirect);
    return "redirect:/hosts/" + id;
  }

  @PostMapping("/hosts/{id}/delete")
  String remove(@PathVariable HostId id, CurrentOperator me, RedirectAttributes redirect) {
    var host = hosts.require(id);
    try {
      registration.remove(id, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      return "redirect:/hosts/" + id;
    }
    Notice.done(host.name() + " was removed. Its VMs keep running.").on(redirect);
    return "redirect:/hosts";
  }

  private List<HostVm> vms(Host host) {
    double cores = Math.max(1, host.cores());
    return vms.ofHost(host.id()).stream()
        .map(
            vm ->
                new HostVm(
                    vm.id(),
                    vm.name(),
                    vm.state(),
                    vm.cpuCores() == null ? null : Objects.requireNonNull(vm.cpuCores()) / cores,
                    vm.memory(),
                    vm.network(),
                    vm.disk(),
                    vm.movable(),
                    vm.whyNot()))
        .sorted(
            Comparator.comparing(
                    HostVm::cpuShare, Comparator.nullsLast(Comparator.<Double>reverseOrder()))
                .thenComparing(HostVm::name)
                .thenComparing(HostVm::id))
        .toList();
  }
}
