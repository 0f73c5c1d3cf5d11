package org.dcbalance.inventory;

import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.PlacementRules.Named;
import org.dcbalance.inventory.PlacementRules.PlacementRule;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** Tell which hard rules a single move would break, or break more often than they are. */
@Component
public class RuleBreaks {
  private final PlacementRules rules;
  private final Vms vms;

  RuleBreaks(PlacementRules rules, Vms vms) {
    this.rules = rules;
    this.vms = vms;
  }

  /**
   * List the hard rules that a VM's move to a host would break.
   *
   * @return empty if the move leaves no rule worse off than it is
   */
  public List<PlacementRule> by(VmId vm, HostId target) {
    return by(List.of(vm), List.of(target)).getOrDefault(target, List.of());
  }

  /**
   * List the same for several hosts at once, and for VMs that would move there together.
   *
   * @return the rules by host; a host that breaks none is left out
   */
  public Map<HostId, List<PlacementRule>> by(List<VmId> moved, List<HostId> targets) {
    var found = new HashMap<HostId, List<PlacementRule>>();
    for (var rule : hard(moved)) {
      var before = places(rule);
      for (var target : targets) {
        if (broken(rule, after(rule, before, moved, target)) > broken(rule, before)) {
          found.computeIfAbsent(target, _ -> new ArrayList<>()).add(rule);
        }
      }
    }
    return found;
  }

  private List<PlacementRule> hard(List<VmId> moved) {
    return moved.stream()
        .flatMap(vm -> rules.speakingOf(vm).stream())
        .filter(PlacementRule::hard)
        .distinct()
        .toList();
  }

  private Map<Long, Long> places(PlacementRule rule) {
    return vms.findByIdIn(rule.vms().stream().map(Named::id).toList()).stream()
        .filter(Vm::running)
        .collect(toMap(vm -> vm.id().value(), vm -> place(vm).value()));
  }

  private static Map<Long, Long> after(
      PlacementRule rule, Map<Long, Long> before, List<VmId> moved, HostId target) {
    var after = new HashMap<>(before);
    for (var named : rule.vms()) {
      if (moved.contains(new VmId(named.id()))) {
        after.put(named.id(), target.value());
      }
    }
    return after;
  }

  /** Where a VM goes to counts, as it does for plans. */
  private static HostId place(Vm vm) {
    var target = vm.movingTo();
    return target == null ? vm.hostId() : target;
  }

  /**
   * Count the VMs that would have to move for a rule to hold.
   *
   * @param hosts of the VMs that run, by their ids
   */
  static long broken(PlacementRule rule, Map<Long, Long> hosts) {
    var named = new HashSet<>(rule.hosts().stream().map(Named::id).toList());
    return switch (rule.kind()) {
      case TOGETHER -> {
        var on = new HashMap<Long, Integer>();
        hosts.values().forEach(host -> on.merge(host, 1, Integer::sum));
        yield hosts.size() - on.values().stream().mapToInt(count -> count).max().orElse(0);
      }
      case APART -> hosts.size() - hosts.values().stream().distinct().count();
      case ON -> hosts.values().stream().filter(host -> !named.contains(host)).count();
      case OFF -> hosts.values().stream().filter(named::contains).count();
    };
  }
}
