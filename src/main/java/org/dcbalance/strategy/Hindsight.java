package org.dcbalance.strategy;

import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.dcbalance.units.VmId;

/**
 * Judge moves by the load that came after them: what would the imbalance be now without each? The
 * pool's load changes by itself meanwhile, so that comparing it with what it was would blame or
 * praise a move for things that it has nothing to do with.
 */
final class Hindsight {
  private final Placement placement;
  private final double score;
  private final Map<VmId, VmLoad> vms;

  private Hindsight(Placement placement, Map<VmId, VmLoad> vms) {
    this.placement = placement;
    this.score = placement.imbalance().value();
    this.vms = vms;
  }

  static Hindsight of(Pool now, Limits limits) {
    return new Hindsight(
        Placement.of(now, limits),
        now.vms().stream().collect(toMap(VmLoad::id, Function.identity())));
  }

  List<PastDecision.Choice> judge(List<PastDecision.Choice> choices, PastDecision.Mark mark) {
    return choices.stream().map(choice -> judge(choice, mark)).toList();
  }

  private PastDecision.Choice judge(PastDecision.Choice choice, PastDecision.Mark mark) {
    var vm = vms.get(choice.vm());
    int back = placement.index(choice.source());
    int here = placement.index(choice.target());
    return vm != null
            && vm.movingTo() == null
            && vm.host().equals(choice.target())
            && back >= 0
            && here >= 0
        ? choice.turnedOut(mark, placement.scoreAfter(vm, here, back) - score)
        : choice;
  }
}
