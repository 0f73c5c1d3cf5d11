package org.dcbalance.recommendation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Keep to what was proposed, unless something clearly better turns up: an operator who is about to
 * approve should not see targets change places over noise.
 */
final class StandingProposals {
  private StandingProposals() {}

  /**
   * Choose between a fresh proposal and the standing one.
   *
   * @param standing targets of the VMs that are proposed to operators now
   * @return the standing moves, priced anew, if all of them still hold and lead to an imbalance
   *     that is worse by less than the minimum gain; otherwise the fresh decision
   */
  static Decision prefer(
      Strategy strategy, Pool pool, Limits limits, Decision fresh, Map<VmId, HostId> standing) {
    if (standing.isEmpty() || !(fresh instanceof Decision.Proposal better)) {
      return fresh;
    }
    var again = strategy.decide(only(pool, standing), limits);
    if (!(again instanceof Decision.Proposal kept)) {
      return fresh;
    }
    double tolerated = better.after().value() + limits.minimumGain() * better.before().value();
    boolean leavesMore = kept.after().outOfBounds(limits) && !better.after().outOfBounds(limits);
    return kept.after().value() > tolerated || leavesMore
        ? fresh
        : new Decision.Proposal(
            kept.moves(),
            kept.before(),
            kept.after(),
            better.passedOver(),
            kept.origin(),
            kept.situation());
  }

  /** Tell whether a move could still be made: nothing ties the VM, and the target takes guests. */
  static boolean possible(Pool pool, VmId id, HostId source, HostId target) {
    return pool.vms().stream()
            .anyMatch(
                vm ->
                    vm.id().equals(id)
                        && vm.host().equals(source)
                        && vm.movingTo() == null
                        && vm.ties().isEmpty()
                        && !vm.refused().containsKey(target))
        && pool.hosts().stream()
            .anyMatch(host -> host.id().equals(target) && host.closed() == null);
  }

  /** The same pool, in which nothing but the standing moves is possible. */
  private static Pool only(Pool pool, Map<VmId, HostId> standing) {
    var vms = new ArrayList<VmLoad>();
    for (var vm : pool.vms()) {
      var target = standing.get(vm.id());
      var ties = new ArrayList<>(vm.ties());
      var refused = new HashMap<>(vm.refused());
      if (target == null) {
        ties.add("Other moves are proposed.");
      } else {
        pool.hosts().stream()
            .filter(host -> !host.id().equals(target))
            .forEach(host -> refused.putIfAbsent(host.id(), "Another target is proposed."));
      }
      vms.add(vm.held(ties, refused));
    }
    return pool.with(pool.hosts(), vms);
  }
}
