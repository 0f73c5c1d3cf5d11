package org.dcbalance.strategy;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Look at what each VM could do for the pool, and say why if it is nothing. */
final class Candidates {
  /** A target where a VM's move failed is left alone for so long. */
  private static final Duration FAILURE_REMEMBERED = Duration.ofHours(24);

  /** A move that takes so long has to gain twice as much as one that takes no time. */
  private static final double PRICE_TIME = 300;

  /** In a pool of more hosts than this, no single move takes away a tenth of the imbalance. */
  private static final int LARGE = 10;

  private final Pool pool;
  private final Limits limits;
  private final PreCopyModel model;

  /** What the moves that were chosen so far copy, in bytes. */
  private long copied;

  /** Costs of moves between hosts that have no history of their own: the same for all of them. */
  private final Map<VmId, MigrationCost> usualCosts = new HashMap<>();

  Candidates(Pool pool, Limits limits) {
    this.pool = pool;
    this.limits = limits;
    this.model = PreCopyModel.learn(pool.history());
  }

  /** What came of looking at one VM. */
  sealed interface Look {
    /**
     * It could go there.
     *
     * @param worth gain for its price
     * @param possible how many hosts could take it
     */
    record Move(VmLoad vm, int source, int target, double worth, MigrationCost cost, int possible)
        implements Look {
      Move outOf(int hosts) {
        return new Move(vm, source, target, worth, cost, hosts);
      }
    }

    /** It stays. */
    record Stay(Reason reason) implements Look {}
  }

  /** Find the VM's best move from here, which scores so much. */
  Look look(VmLoad vm, Placement placement, double score) {
    var fixed = fixed(vm, placement);
    return fixed != null ? new Look.Stay(fixed) : best(vm, placement, score);
  }

  /** Find the VM's best move to one of these hosts; null if there is none to make. */
  Look.@Nullable Move among(List<Integer> targets, VmLoad vm, Placement placement, double score) {
    if (fixed(vm, placement) != null) {
      return null;
    }
    int source = placement.index(vm.host());
    double needed = minimumGain(source, placement, score);
    Look.@Nullable Move best = null;
    for (int target : targets) {
      if (target == source
          || refusal(vm, placement.host(target)) != null
          || !placement.hasRoom(vm, target)
          || overload(vm, target, placement) != null) {
        continue;
      }
      double gain = score - placement.scoreAfter(vm, source, target);
      if (gain < needed || gain <= 0) {
        continue;
      }
      var cost = cost(vm, placement.host(target).id());
      double worth = gain / price(cost);
      if (!unaffordable(cost) && !overTransfer(cost) && (best == null || worth > best.worth())) {
        best = new Look.Move(vm, source, target, worth, cost, 0);
      }
    }
    return best;
  }

  /** Count what a chosen move copies; from then on so much less may be copied. */
  void choose(MigrationCost cost) {
    copied += cost.transferred().bytes();
  }

  /** Forget what was chosen. */
  void chooseAnew() {
    copied = 0;
  }

  private long left() {
    return limits.maxTransfer().bytes() - copied;
  }

  private boolean overTransfer(MigrationCost cost) {
    return cost.transferred().bytes() > left();
  }

  /** Say what a move of the VM has to gain from here, which scores so much. */
  double needed(VmLoad vm, Placement placement, double score) {
    int source = placement.index(vm.host());
    return source < 0 ? Double.POSITIVE_INFINITY : minimumGain(source, placement, score);
  }

  /** Say why the VM stays whatever the hosts' load is; null if it may move. */
  private @Nullable Reason fixed(VmLoad vm, Placement placement) {
    if (placement.index(vm.host()) < 0) {
      return pool.hosts().stream()
          .filter(host -> host.id().equals(vm.host()))
          .findFirst()
          .map(host -> new Reason.HostClosed(host.name(), String.valueOf(host.closed())))
          .orElseGet(() -> new Reason.HostClosed(vm.host().toString(), "not in the pool"));
    }
    if (vm.movingTo() != null) {
      return new Reason.AlreadyMoving();
    }
    if (!vm.ties().isEmpty()) {
      return new Reason.Tied(String.join(" ", vm.ties()));
    }
    if (vm.restsUntil() != null && vm.restsUntil().isAfter(pool.at())) {
      return new Reason.Resting(vm.restsUntil());
    }
    return null;
  }

  private Look best(VmLoad vm, Placement placement, double score) {
    int source = placement.index(vm.host());
    double needed = minimumGain(source, placement, score);
    @Nullable String refusal = null;
    int refusals = 0;
    int roomless = 0;
    int possible = 0;
    Reason.@Nullable WouldOverload overload = null;
    double bestGain = Double.NEGATIVE_INFINITY;
    @Nullable MigrationCost tooCostly = null;
    @Nullable MigrationCost tooMuch = null;
    Look.@Nullable Move best = null;
    for (int target = 0; target < placement.hostCount(); target++) {
      if (target == source) {
        continue;
      }
      var refused = refusal(vm, placement.host(target));
      if (refused != null) {
        refusal = refusal == null ? refused : refusal;
        refusals++;
        continue;
      }
      if (!placement.hasRoom(vm, target)) {
        roomless++;
        continue;
      }
      var above = overload(vm, target, placement);
      if (above != null) {
        overload = overload == null || excess(above) < excess(overload) ? above : overload;
        continue;
      }
      double gain = score - placement.scoreAfter(vm, source, target);
      bestGain = Math.max(bestGain, gain);
      if (gain < needed || gain <= 0) {
        continue;
      }
      var cost = cost(vm, placement.host(target).id());
      if (unaffordable(cost)) {
        tooCostly = tooCostly == null || less(cost, tooCostly) ? cost : tooCostly;
        continue;
      }
      if (overTransfer(cost)) {
        tooMuch = cost;
        continue;
      }
      possible++;
      double worth = gain / price(cost);
      if (best == null || worth > best.worth()) {
        best = new Look.Move(vm, source, target, worth, cost, 0);
      }
    }
    if (best != null) {
      return best.outOf(possible);
    }
    if (tooMuch != null) {
      var rest = new Memory(Math.max(0, left()));
      return new Look.Stay(new Reason.OverTransfer(tooMuch.transferred(), rest));
    }
    if (tooCostly != null) {
      return new Look.Stay(tooCostly(vm, tooCostly));
    }
    if (bestGain > Double.NEGATIVE_INFINITY) {
      return new Look.Stay(new Reason.GainTooSmall(bestGain, needed));
    }
    if (overload != null) {
      return new Look.Stay(overload);
    }
    if (roomless > 0) {
      return new Look.Stay(new Reason.NoRoom(vm.allocated()));
    }
    return new Look.Stay(
        new Reason.NoTarget(refusals, refusal == null ? "no other host is open" : refusal));
  }

  /**
   * Say what a move has to gain: a share of the imbalance at its turn. A host above a threshold is
   * relieved by small steps too: there the whole plan has to gain as much.
   */
  private double minimumGain(int source, Placement placement, double score) {
    double imbalance = Math.max(score, limits.imbalanceThreshold());
    double minimum =
        limits.minimumGain() * imbalance * Math.min(1, LARGE / (double) placement.hostCount());
    return placement.overloaded(source) ? minimum / Math.max(1, limits.maxMoves()) : minimum;
  }

  private @Nullable String refusal(VmLoad vm, HostLoad target) {
    var refused = vm.refused().get(target.id());
    if (refused != null) {
      return refused;
    }
    if (vm.pastMoves().isEmpty()) {
      return null;
    }
    var since = pool.at().minus(FAILURE_REMEMBERED);
    return vm.pastMoves().stream()
        .filter(move -> move.target().equals(target.id()) && move.finished().isAfter(since))
        .max(Comparator.comparing(PastMove::finished))
        .filter(move -> !move.succeeded())
        .map(_ -> "its last move to " + target.name() + " failed")
        .orElse(null);
  }

  private MigrationCost cost(VmLoad vm, HostId target) {
    return model.knows(vm.host(), target)
        ? model.expect(vm, target, limits.downtimeSlo())
        : usualCosts.computeIfAbsent(vm.id(), _ -> model.expect(vm, target, limits.downtimeSlo()));
  }

  private Reason.@Nullable WouldOverload overload(VmLoad vm, int target, Placement placement) {
    for (var resource : List.of(Resource.CPU, Resource.MEMORY)) {
      double peak = placement.peakWith(vm, resource, target);
      if (peak > resource.threshold(limits)) {
        return new Reason.WouldOverload(
            placement.host(target).name(), resource.words(), peak, resource.threshold(limits));
      }
    }
    return null;
  }

  private static double excess(Reason.WouldOverload overload) {
    return overload.share() - overload.threshold();
  }

  /** An assumption does not refuse a move: only a measured rate or an earlier move does. */
  private boolean unaffordable(MigrationCost cost) {
    boolean known = cost.measuredDirtyRate() || cost.pastMoves() > 0;
    return known && (!cost.converges() || cost.downtime().compareTo(limits.downtimeSlo()) > 0);
  }

  private static boolean less(MigrationCost one, MigrationCost other) {
    return one.downtime().compareTo(other.downtime()) < 0;
  }

  private Reason tooCostly(VmLoad vm, MigrationCost cost) {
    double dirty = vm.dirtyRate() == null ? 0 : vm.dirtyRate().bytesPerSecond();
    return new Reason.TooCostly(
        dirty / (1024 * 1024), seconds(cost.downtime()), seconds(limits.downtimeSlo()));
  }

  private double price(MigrationCost cost) {
    double slo = Math.max(1e-3, seconds(limits.downtimeSlo()));
    return 1 + seconds(cost.total()) / PRICE_TIME + seconds(cost.downtime()) / slo;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
