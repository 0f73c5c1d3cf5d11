package org.dcbalance.strategy;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Expect what a live migration by pre-copy costs by {@link MemoryCopy}, from a VM's memory and the
 * rate at which it changes, and from past moves: the bandwidth between two hosts, the part of the
 * pause that does not depend on memory, and how far the model was off for this VM.
 */
public final class PreCopyModel {
  /** Pause that a migration starts out with; a longer one is allowed only if it does not end. */
  public static final Duration FIRST_MAX_DOWNTIME = Duration.ofMillis(150);

  private final Map<Pair, LearntWay> pairs = new HashMap<>();
  private final LearntWay pool = new LearntWay();

  private record Pair(HostId source, HostId target) {}

  private PreCopyModel() {}

  /**
   * Learn from past moves.
   *
   * @param history newest first
   */
  public static PreCopyModel learn(List<PastMove> history) {
    var model = new PreCopyModel();
    for (var move : history.reversed()) {
      if (move.succeeded()) {
        var pair = new Pair(move.source(), move.target());
        for (var way :
            List.of(model.pool, model.pairs.computeIfAbsent(pair, _ -> new LearntWay()))) {
          way.add(move.transferred(), move.total(), move.downtime());
        }
      }
    }
    return model;
  }

  /** Tell whether moves between these hosts have taught anything of their own. */
  boolean knows(HostId source, HostId target) {
    var pair = pairs.get(new Pair(source, target));
    return pair != null && !(Double.isNaN(pair.bandwidth()) && Double.isNaN(pair.constant()));
  }

  /**
   * Expect the cost of moving a VM, by post-copy where that is allowed and nothing else ends within
   * the longest pause.
   *
   * @param downtimeSlo longest pause that may be allowed when a shorter one does not do, unless the
   *     VM has its own
   */
  public MigrationCost expect(VmLoad vm, HostId target, Duration downtimeSlo) {
    var pair = pairs.get(new Pair(vm.host(), target));
    var terms = vm.allowed();
    double bandwidth = learnt(pair, LearntWay::bandwidth, MemoryCopy.ASSUMED_BANDWIDTH);
    if (terms.bandwidth() != null) {
      bandwidth = Math.min(bandwidth, Math.max(1, terms.bandwidth().bytesPerSecond()));
    }
    double constant = learnt(pair, LearntWay::constant, seconds(MemoryCopy.ASSUMED_CONSTANT));
    var dirtyRate = vm.dirtyRate();
    double memory = firstPass(vm);
    double dirty =
        dirtyRate != null
            ? dirtyRate.bytesPerSecond()
            : vm.mean().cpuCores() * MemoryCopy.ASSUMED_DIRTY_PER_CORE;
    double workingSet =
        vm.workingSet() != null ? vm.workingSet().bytes() : memory * MemoryCopy.ASSUMED_WORKING_SET;
    var longest = terms.longestPause() == null ? downtimeSlo : terms.longestPause();
    var copy = new MemoryCopy(memory, bandwidth, dirty, workingSet);
    var course = course(copy, longest);
    if (terms.postCopy() && !course.ends()) {
      // what changed in one pass is fetched while the VM runs on its target
      double twice = copy.changed(memory / bandwidth);
      course = new MemoryCopy.Course(memory + twice, 0, 2, true);
    }
    double pause = course.rest() / bandwidth + constant;
    double total = course.sent() / bandwidth + constant;
    return new MigrationCost(
        new Memory(Math.round(course.sent())),
        duration(total * correction(vm, PastMove::total, total)),
        duration(pause * correction(vm, PastMove::downtime, pause)),
        course.ends(),
        (int) vm.pastMoves().stream().filter(PreCopyModel::tells).count(),
        dirtyRate != null,
        !Double.isNaN(pool.bandwidth()));
  }

  private static boolean tells(PastMove move) {
    return move.succeeded() && (move.total() != null || move.downtime() != null);
  }

  private double learnt(
      @Nullable LearntWay pair, ToDoubleFunction<LearntWay> value, double otherwise) {
    double ofPair = pair == null ? Double.NaN : value.applyAsDouble(pair);
    double known = Double.isNaN(ofPair) ? value.applyAsDouble(pool) : ofPair;
    return Double.isNaN(known) ? otherwise : known;
  }

  /** Used memory where it is known, otherwise all. */
  private static double firstPass(VmLoad vm) {
    long used = vm.mean().memory().bytes();
    long all = vm.allocated().bytes();
    return used > 0 ? Math.min(used, Math.max(all, 1)) : all;
  }

  /** Go through the passes, with a short pause allowed first, then with the longest. */
  static MemoryCopy.Course course(MemoryCopy copy, Duration longest) {
    var first = FIRST_MAX_DOWNTIME.compareTo(longest) < 0 ? FIRST_MAX_DOWNTIME : longest;
    var course = copy.untilItFits(seconds(first));
    return course.ends() || first.equals(longest) ? course : copy.untilItFits(seconds(longest));
  }

  private static double correction(
      VmLoad vm, Function<PastMove, @Nullable Duration> figure, double modelled) {
    var oldestFirst =
        vm.pastMoves().stream()
            .filter(PastMove::succeeded)
            .sorted(Comparator.comparing(PastMove::finished))
            .toList();
    return LearntWay.correction(oldestFirst, move -> seconds(figure.apply(move)) / modelled);
  }

  private static double seconds(@Nullable Duration duration) {
    return duration == null ? 0 : duration.toNanos() / 1e9;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(Math.min(seconds, 1e8) * 1e9));
  }
}
