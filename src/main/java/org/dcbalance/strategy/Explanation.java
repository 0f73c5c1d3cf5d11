package org.dcbalance.strategy;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Say of the VMs that an operator will ask about why they are not proposed: those of the eight most
 * overloaded hosts, of the most loaded ones and of sources, and all others that would have been
 * moved but for their price or the cap.
 */
final class Explanation {
  /** Overloaded hosts whose VMs are explained; nobody reads about those of a hundred. */
  private static final int HOTTEST = 8;

  private final List<VmLoad> vms;
  private final Placement first;
  private final double firstScore;
  private final Candidates candidates;
  private final Limits limits;
  private final BitSet asked = new BitSet();

  /** VMs of which a move might gain enough for somebody to ask about it, price or cap aside. */
  private final BitSet promising = new BitSet();

  /**
   * Take over how things are before any move is made.
   *
   * @param vms those of the placement, in its order
   * @param first a placement of its own, in which nothing is moved
   * @param prospects what each VM could gain there; null where nothing was searched, and then only
   *     the VMs that are asked for are explained
   */
  Explanation(
      List<VmLoad> vms,
      Placement first,
      @Nullable Prospects prospects,
      Candidates candidates,
      Limits limits) {
    this.vms = vms;
    this.first = first;
    this.candidates = candidates;
    this.limits = limits;
    for (var resource : List.of(Resource.CPU, Resource.MEMORY)) {
      asked.set(first.mostLoaded(resource));
    }
    Situation.hottest(first, HOTTEST).stream().filter(first::overloaded).forEach(asked::set);
    firstScore = first.imbalance().value();
    for (int v = 0; v < vms.size() && prospects != null; v++) {
      var vm = vms.get(v);
      promising.set(v, prospects.most(vm) >= candidates.needed(vm, first, firstScore));
    }
  }

  /** Explain what was passed over, now that these moves are made in the placement. */
  List<PassedOver> after(List<ProposedMove> moves, Placement placement) {
    var proposed = new HashSet<VmId>();
    for (var move : moves) {
      proposed.add(move.vm().id());
      asked.set(first.index(move.source()));
    }
    double score = placement.imbalance().value();
    var passedOver = new ArrayList<PassedOver>();
    var explained =
        IntStream.range(0, vms.size())
            .filter(v -> isAsked(first.homes[v]) || promising.get(v))
            .mapToObj(vms::get)
            .filter(vm -> !proposed.contains(vm.id()))
            .sorted(askedAndBusiestFirst())
            .toList();
    for (var vm : explained) {
      var reason = reason(vm, placement, score);
      if (isAsked(vm) || wouldHaveMoved(reason)) {
        passedOver.add(new PassedOver(vm.id(), vm.name(), reason));
      }
    }
    return passedOver;
  }

  private Reason reason(VmLoad vm, Placement placement, double score) {
    return switch (candidates.look(vm, first, firstScore)) {
      case Look.Stay stay -> stay.reason();
      case Look.Move _ ->
          switch (candidates.look(vm, placement, score)) {
            case Look.Stay stay -> new Reason.Afterwards(stay.reason());
            case Look.Move _ ->
                placement.imbalance().outOfBounds(limits)
                    ? new Reason.OverCap(limits.maxMoves())
                    : new Reason.NotNeeded();
          };
    };
  }

  private Comparator<VmLoad> askedAndBusiestFirst() {
    Comparator<VmLoad> askedFirst = comparing(vm -> !isAsked(vm));
    var busiestFirst = comparingDouble((VmLoad vm) -> vm.mean().cpuCores()).reversed();
    return askedFirst.thenComparing(busiestFirst).thenComparing(VmLoad::id);
  }

  private boolean isAsked(VmLoad vm) {
    return isAsked(first.index(vm.host()));
  }

  private boolean isAsked(int host) {
    return host >= 0 && asked.get(host);
  }

  private static boolean wouldHaveMoved(Reason reason) {
    return reason instanceof Reason.OverCap
        || reason instanceof Reason.OverTransfer
        || reason instanceof Reason.TooCostly
        || reason instanceof Reason.TooLong;
  }
}
