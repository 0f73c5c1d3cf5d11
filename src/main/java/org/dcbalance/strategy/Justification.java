package org.dcbalance.strategy;

import java.util.List;
import org.dcbalance.strategy.ProposedMove.Effect;
import org.dcbalance.strategy.ProposedMove.Priority;

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
    double mostLoadedCpu) {

  /** Shares of a host's CPU and memory. */
  record Shares(double cpu, double memory) {}

  static Justification of(
      Candidates.Look.Move move, Placement placement, Imbalance before, Limits limits) {
    int most = placement.mostLoaded(Resource.CPU);
    return new Justification(
        move,
        placement,
        before,
        limits,
        priority(placement.overloaded(move.source()), before, limits),
        shares(placement, move.source()),
        shares(placement, move.target()),
        new Shares(
            placement.caused(Resource.CPU, move.vm(), move.source()),
            placement.caused(Resource.MEMORY, move.vm(), move.source())),
        placement.host(most).name(),
        placement.share(Resource.CPU, most));
  }

  private static Priority priority(boolean overloaded, Imbalance before, Limits limits) {
    if (overloaded) {
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
    var targetHost = placement.host(move.target());
    return new ProposedMove(
        move.vm(),
        placement.host(move.source()).id(),
        targetHost.id(),
        priority,
        reason(after),
        new Reason.BestTarget(targetHost.name(), target.cpu(), target.memory(), move.possible()),
        List.of(effect(move.source(), source), effect(move.target(), target)),
        move.cost(),
        before.value() - after);
  }

  private Reason reason(double after) {
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
    return new Reason.Uneven(
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
