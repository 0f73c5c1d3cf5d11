package org.dcbalance.strategy;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/** Write a pool as text in a test, in the format that `decide` reads, and move its VMs. */
final class PoolText {
  static final Instant NOW = org.dcbalance.offline.PoolText.NOW;

  private PoolText() {}

  static Pool pool(String text) {
    return org.dcbalance.offline.PoolText.read("test", text.lines().toList());
  }

  /** Give the pool as it is once the moves are made. */
  static Pool after(Pool pool, List<ProposedMove> moves) {
    var targets = new HashMap<VmId, HostId>();
    moves.forEach(move -> targets.put(move.vm().id(), move.target()));
    return pool.moved(targets);
  }

  /** Let a VM have made a move, and no other. */
  static Pool after(Pool pool, PastMove move) {
    return pool.with(
        pool.hosts(),
        pool.vms().stream()
            .map(
                vm ->
                    vm.id().equals(move.vm()) ? like(vm, vm.mean(), vm.high(), List.of(move)) : vm)
            .toList());
  }

  /** Give a VM with other loads and moves; what is allowed for these is as usual. */
  static VmLoad like(VmLoad vm, Load mean, Load high, List<PastMove> moves) {
    return new VmLoad(
        vm.id(),
        vm.name(),
        vm.host(),
        mean,
        high,
        vm.allocated(),
        vm.dirtyRate(),
        vm.workingSet(),
        vm.ties(),
        vm.refused(),
        vm.restsUntil(),
        vm.movingTo(),
        moves);
  }
}
