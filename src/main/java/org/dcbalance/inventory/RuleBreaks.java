package org.dcbalance.inventory;

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
    return rules.speakingOf(vm).stream()
        .filter(PlacementRule::hard)
        .filter(rule -> worse(rule, vm, target))
        .toList();
  }

  private boolean worse(PlacementRule rule, VmId moved, HostId target) {
    var before = new HashMap<Long, Long>();
    for (var named : rule.vms()) {
      vms.findById(named.id())
          .filter(Vm::running)
          .ifPresent(vm -> before.put(named.id(), place(vm).value()));
    }
    var after = new HashMap<>(before);
    after.put(moved.value(), target.value());
    return broken(rule, after) > broken(rule, before);
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
