package org.dcbalance.pages;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.dcbalance.console.Format;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.CpuFits;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.PlacementRules.PlacementRule;
import org.dcbalance.inventory.RuleBreaks;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * List where a VM could go by what the inventory knows, without asking the hosts anything anew; a
 * move itself is checked against the hosts before it starts.
 */
@Component
class Targets {
  private final Hosts hosts;
  private final HostLines lines;
  private final CpuFits cpuFits;
  private final RuleBreaks rules;
  private final Format format;

  Targets(Hosts hosts, HostLines lines, CpuFits cpuFits, RuleBreaks rules, Format format) {
    this.hosts = hosts;
    this.lines = lines;
    this.cpuFits = cpuFits;
    this.rules = rules;
    this.format = format;
  }

  /**
   * A host that could take the VM, or the first reason why not.
   *
   * @param againstRule whether only a placement rule stands against it, which administrators may
   *     break on purpose
   */
  record Target(HostId id, String host, boolean possible, boolean againstRule, String sentence) {}

  /** List the other hosts of the VM's pool: those that can take it first, the coolest first. */
  List<Target> of(Vm vm) {
    return of(vm, List.of(), null);
  }

  /**
   * List the same for a VM that others go along with.
   *
   * @param along those others
   * @param proposed where they are proposed to go; null if nowhere. A plan keeps to the rules as a
   *     whole, so none is held against it.
   */
  List<Target> of(Vm vm, List<VmId> along, @Nullable HostId proposed) {
    var source = hosts.findById(vm.hostId().value());
    if (source.isEmpty()) {
      return List.of();
    }
    var pool = source.get().poolId();
    var loads = lines.of(pool).stream().collect(toMap(HostLine::id, line -> line));
    var found = new ArrayList<Found>();
    var all = hosts.findByPoolIdOrderByName(pool.value());
    var moved = Stream.concat(Stream.of(vm.id()), along.stream()).toList();
    var broken =
        rules.by(moved, all.stream().map(Host::id).filter(h -> !h.equals(proposed)).toList());
    for (var host : all) {
      var load = loads.get(host.id());
      if (!host.id().equals(vm.hostId()) && load != null) {
        found.add(
            new Found(
                target(host, load, refusal(vm, source.get(), host, load), broken.get(host.id())),
                load.cpu() == null ? 2 : load.cpu()));
      }
    }
    found.sort(Comparator.comparing(Found::possible).reversed().thenComparingDouble(Found::cpu));
    return found.stream().map(Found::target).toList();
  }

  private record Found(Target target, double cpu) {
    boolean possible() {
      return target.possible();
    }
  }

  private Optional<String> refusal(Vm vm, Host source, Host target, HostLine load) {
    if (target.state() != Host.State.UP) {
      return Optional.of("It does not answer.");
    }
    if (target.maintenance()) {
      return Optional.of("It is in maintenance.");
    }
    if (!target.hypervisor().equals(source.hypervisor())) {
      return Optional.of("It runs another hypervisor, " + target.hypervisor() + ".");
    }
    var cannot = target.missing().get(Capability.LIVE_MIGRATION);
    if (cannot != null) {
      return Optional.of("It cannot take guests live: " + cannot);
    }
    var free = free(load);
    if (free.isPresent() && free.get().compareTo(vm.memory()) < 0) {
      return Optional.of(
          "It has %s free, and %s needs %s."
              .formatted(format.bytes(free.get()), vm.name(), format.bytes(vm.memory())));
    }
    return cpuFits.refusal(target, vm.cpu());
  }

  private Target target(
      Host host, HostLine load, Optional<String> refusal, @Nullable List<PlacementRule> broken) {
    boolean againstRule = refusal.isEmpty() && broken != null;
    return new Target(
        host.id(),
        host.name(),
        refusal.isEmpty() && !againstRule,
        againstRule,
        refusal.orElseGet(() -> broken == null ? words(load) : forbidden(broken)));
  }

  private static String forbidden(List<PlacementRule> broken) {
    return broken.stream()
        .map(
            rule ->
                "The rule \"%s\" forbids it: %s.".formatted(rule.name(), PlacementRules.said(rule)))
        .collect(joining(" "));
  }

  private String words(HostLine load) {
    return "CPU %s, %s of memory free"
        .formatted(format.percent(load.cpu()), format.bytes(free(load).orElse(null)));
  }

  private static Optional<Memory> free(HostLine load) {
    var all = load.memory();
    var used = load.memoryUsed();
    return all == null || used == null
        ? Optional.empty()
        : Optional.of(new Memory(Math.round(all.bytes() * Math.max(0, 1 - used))));
  }
}
