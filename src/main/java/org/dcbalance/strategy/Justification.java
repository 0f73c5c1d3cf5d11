package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.strategy.ProposedMove.Effect;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Remember how things stood before a move, so that the proposal can say why and what it changes.
 */
record Justification(
    Candidates.Look.Move move,
    Placement placement,
    Imbalance before,
    Limits limits,
    Priority priority,
    Shares source,
    Shares target,
    Shares caused,
    String mostLoaded,
    double mostLoadedCpu,
    @Nullable Rule mended,
    double roomMissing) {

  /** Shares of a host's CPU and memory. */
  record Shares(double cpu, double memory) {}

  static Justification of(
      Candidates.Look.Move move, Placement placement, Imbalance before, Limits limits) {
    var mended = placement.wishes().mended(List.of(move));
    return of(move, placement, before, limits, mended);
  }

  private static Justification of(
      Candidates.Look.Move move,
      Placement placement,
      Imbalance before,
      Limits limits,
      @Nullable Rule mended) {
    int most = placement.mostLoaded(Resource.CPU);
    return new Justification(
        move,
        placement,
        before,
        limits,
        priority(
            placement.overloaded(move.source()) || (mended != null && mended.hard()),
            before,
            limits),
        shares(placement, move.source()),
        shares(placement, move.target()),
        new Shares(
            placement.caused(Resource.CPU, move.vm(), move.source()),
            placement.caused(Resource.MEMORY, move.vm(), move.source())),
        placement.host(most).name(),
        placement.share(Resource.CPU, most),
        mended,
        placement.wishes().roomMissing());
  }

  private static Priority priority(boolean urgent, Imbalance before, Limits limits) {
    if (urgent) {
      return Priority.HIGH;
    }
    return before.value() > 2 * limits.imbalanceThreshold() ? Priority.MEDIUM : Priority.LOW;
  }

  private static Shares shares(Placement placement, int host) {
    return new Shares(placement.share(Resource.CPU, host), placement.share(Resource.MEMORY, host));
  }

  /** Make the move in the placement, and propose it. */
  ProposedMove take() {
    placement.move(move.vm(), move.source(), move.target());
    double after = placement.imbalance().value();
    return proposed(reason(after), before.value() - after, List.of());
  }

  /**
   * Make the moves of VMs that move as one in the placement, and propose them.
   *
   * @param before how things stand before all of them
   */
  static List<ProposedMove> take(
      Together.Moves together, Placement placement, Imbalance before, Limits limits) {
    var moves = together.moves();
    double after = before.value() - together.gain();
    var mended = placement.wishes().mended(moves);
    var taken = new ArrayList<ProposedMove>();
    for (var move : moves) {
      var alone = of(move, placement, before, limits, mended);
      placement.move(move.vm(), move.source(), move.target());
      var names = new ArrayList<String>();
      var ids = new ArrayList<VmId>();
      for (var other : moves) {
        if (!other.vm().id().equals(move.vm().id())) {
          names.add(other.vm().name());
          ids.add(other.vm().id());
        }
      }
      var why =
          mended == null
              ? alone.loadReason(after)
              : mends(mended, move.vm(), placement.host(move.source()));
      taken.add(
          alone.proposed(
              names.isEmpty() ? why : new Reason.GoesAlong(names, why),
              together.gain() / moves.size(),
              ids));
    }
    return taken;
  }

  private ProposedMove proposed(Reason why, double gain, List<VmId> others) {
    var targetHost = placement.host(move.target());
    return new ProposedMove(
        move.vm(),
        placement.host(move.source()).id(),
        targetHost.id(),
        priority,
        why,
        new Reason.BestTarget(targetHost.name(), target.cpu(), target.memory(), move.possible()),
        List.of(effect(move.source(), source), effect(move.target(), target)),
        move.cost(),
        gain,
        others);
  }

  private Reason reason(double after) {
    var host = placement.host(move.source());
    boolean overloaded =
        source.cpu() > limits.cpuThreshold() || source.memory() > limits.memoryThreshold();
    if (mended != null && (mended.hard() || !overloaded)) {
      return mends(mended, move.vm(), host);
    }
    return loadReason(after);
  }

  private static Reason mends(Rule rule, VmLoad vm, HostLoad host) {
    return new Reason.Mends(rule.name(), rule.kind(), rule.hard(), vm.name(), host.name());
  }

  private Reason loadReason(double after) {
    var host = placement.host(move.source()).name();
    var vm = move.vm().name();
    boolean cpu = source.cpu() > limits.cpuThreshold();
    boolean memory = source.memory() > limits.memoryThreshold();
    if (cpu && (!memory || caused.cpu() >= caused.memory())) {
      return new Reason.CpuOverload(host, source.cpu(), limits.cpuThreshold(), vm, caused.cpu());
    }
    if (memory) {
      return new Reason.MemoryOverload(
          host, source.memory(), limits.memoryThreshold(), vm, caused.memory());
    }
    double roomAfter = placement.wishes().roomMissing();
    return roomAfter < roomMissing && !before.uneven(limits)
        ? new Reason.MakesRoom(roomMissing / Headroom.WEIGHT, roomAfter / Headroom.WEIGHT)
        : new Reason.Uneven(
            before.value(), after, limits.imbalanceThreshold(), mostLoaded, mostLoadedCpu);
  }

  private Effect effect(int host, Shares earlier) {
    var now = shares(placement, host);
    return new Effect(
        placement.host(host).id(),
        placement.host(host).name(),
        earlier.cpu(),
        now.cpu(),
        earlier.memory(),
        now.memory());
  }
}
