package org.dcbalance.strategy;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.dcbalance.units.VmId;

/** Number the rules of a pool, and tell which of them speak of a VM. */
final class RuleBook {
  private static final int[] NONE = {};

  final List<Rule> rules;

  /** The open hosts that each rule names, by their indexes. */
  final List<BitSet> hosts;

  private final Map<VmId, int[]> ofVm = new HashMap<>();

  /**
   * Number them.
   *
   * @param openHosts in the order in which hosts are indexed
   */
  RuleBook(List<Rule> rules, List<HostLoad> openHosts) {
    this.rules = rules;
    hosts = rules.stream().map(rule -> named(rule, openHosts)).toList();
    for (int r = 0; r < rules.size(); r++) {
      for (var vm : rules.get(r).vms()) {
        ofVm.merge(vm, new int[] {r}, RuleBook::joined);
      }
    }
  }

  private static BitSet named(Rule rule, List<HostLoad> openHosts) {
    var named = new BitSet();
    for (int h = 0; h < openHosts.size(); h++) {
      named.set(h, rule.hosts().contains(openHosts.get(h).id()));
    }
    return named;
  }

  private static int[] joined(int[] one, int[] other) {
    return IntStream.concat(IntStream.of(one), IntStream.of(other)).toArray();
  }

  boolean isEmpty() {
    return rules.isEmpty();
  }

  /** Give the numbers of the rules that speak of a VM, in order. */
  int[] of(VmId vm) {
    return ofVm.isEmpty() ? NONE : ofVm.getOrDefault(vm, NONE);
  }

  /** Give the numbers of those that do not keep it together with others. */
  int[] apart(VmId vm) {
    return IntStream.of(of(vm)).filter(r -> rules.get(r).kind() != Rule.Kind.TOGETHER).toArray();
  }

  /** Give the numbers for VMs that move as one: a rule is there once for each VM it speaks of. */
  int[] of(List<VmLoad> vms) {
    return vms.stream().flatMapToInt(vm -> IntStream.of(of(vm.id()))).sorted().toArray();
  }
}
