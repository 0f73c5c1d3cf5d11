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
 * Expect what a live migration by pre-copy costs, from a VM's memory and the rate at which it
 * changes, and from past moves: the bandwidth between two hosts, the part of the pause that does
 * not depend on memory, and how far the model was off for this VM.
 */
public final class PreCopyModel {
  /** Bandwidth taken for granted while no move in the pool has shown another: 100 MiB/s. */
  public static final double ASSUMED_BANDWIDTH = 100 * Memory.ofMiB(1).bytes();

  /** Pause besides memory, taken for granted while no move has shown another. */
  public static final Duration ASSUMED_CONSTANT = Duration.ofMillis(50);

  /** Memory that one busy core is taken to change per second where nothing was measured: 16 MiB. */
  public static final double ASSUMED_DIRTY_PER_CORE = 16 * Memory.ofMiB(1).bytes();

  /** Pause that a migration starts out with; a longer one is allowed only if it does not end. */
  public static final Duration FIRST_MAX_DOWNTIME = Duration.ofMillis(150);

  /** Share of its memory that a VM is taken to keep changing where nothing was measured. */
  private static final double ASSUMED_WORKING_SET = 0.25;

  private static final int MOST_PASSES = 60;

  /** What the newest move counts for in a learnt value. */
  private static final double NEWEST = 0.3;

  /** A correction by past moves goes up to this factor, up or down. */
  private static final double MOST_CORRECTION = 4;

  private final Map<Pair, Learnt> pairs = new HashMap<>();
  private final Learnt pool = new Learnt();

  private record Pair(HostId source, HostId target) {}

  private static final class Learnt {
    double bandwidth = Double.NaN;
    double constant = Double.NaN;

    void add(PastMove move) {
      double seconds = seconds(move.total());
      if (seconds > 0 && move.transferred() != null && move.transferred().bytes() > 0) {
        double seen = move.transferred().bytes() / seconds;
        bandwidth = Double.isNaN(bandwidth) ? seen : bandwidth + NEWEST * (seen - bandwidth);
      }
      if (move.downtime() != null) {
        double pause = seconds(move.downtime());
        constant = Double.isNaN(constant) ? pause : Math.min(constant, pause);
      }
    }
  }

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
        model.pool.add(move);
        model
            .pairs
            .computeIfAbsent(new Pair(move.source(), move.target()), _ -> new Learnt())
            .add(move);
      }
    }
    return model;
  }

  /** Tell whether moves between these hosts have taught anything of their own. */
  boolean knows(HostId source, HostId target) {
    return pairs.containsKey(new Pair(source, target));
  }

  /**
   * Expect the cost of moving a VM.
   *
   * @param downtimeSlo longest pause that may be allowed when a shorter one does not do
   */
  public MigrationCost expect(VmLoad vm, HostId target, Duration downtimeSlo) {
    var pair = pairs.get(new Pair(vm.host(), target));
    double bandwidth = learnt(pair, l -> l.bandwidth, ASSUMED_BANDWIDTH);
    double constant = learnt(pair, l -> l.constant, seconds(ASSUMED_CONSTANT));
    var dirtyRate = vm.dirtyRate();
    double memory = firstPass(vm);
    double dirty =
        dirtyRate != null
            ? dirtyRate.bytesPerSecond()
            : vm.mean().cpuCores() * ASSUMED_DIRTY_PER_CORE;
    double workingSet =
        vm.workingSet() != null ? vm.workingSet().bytes() : memory * ASSUMED_WORKING_SET;
    var course = course(memory, bandwidth, dirty, workingSet, downtimeSlo);
    double pause = course.rest() / bandwidth + constant;
    double total = course.sent() / bandwidth + constant;
    return new MigrationCost(
        new Memory(Math.round(course.sent())),
        duration(total * correction(vm, PastMove::total, total)),
        duration(pause * correction(vm, PastMove::downtime, pause)),
        course.ends(),
        (int) vm.pastMoves().stream().filter(PastMove::succeeded).count(),
        dirtyRate != null,
        !Double.isNaN(pool.bandwidth));
  }

  private double learnt(@Nullable Learnt pair, ToDoubleFunction<Learnt> value, double otherwise) {
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

  /**
   * How pre-copy goes.
   *
   * @param sent bytes sent over all passes, the last one included
   * @param rest bytes sent while the VM pauses
   * @param ends whether the rest came to fit the allowed pause
   */
  record Course(double sent, double rest, boolean ends) {}

  /** Go through the passes, with a short pause allowed first, then with the longest. */
  static Course course(
      double memory, double bandwidth, double dirty, double workingSet, Duration longest) {
    var first = FIRST_MAX_DOWNTIME.compareTo(longest) < 0 ? FIRST_MAX_DOWNTIME : longest;
    var course = passes(memory, bandwidth, dirty, workingSet, seconds(first));
    return course.ends() || first.equals(longest)
        ? course
        : passes(memory, bandwidth, dirty, workingSet, seconds(longest));
  }

  private static Course passes(
      double memory, double bandwidth, double dirty, double workingSet, double pause) {
    double sent = memory;
    double rest = changed(memory / bandwidth, dirty, workingSet);
    for (int pass = 1; rest > bandwidth * pause; pass++) {
      if (pass == MOST_PASSES) {
        return new Course(sent + rest, rest, false);
      }
      sent += rest;
      rest = changed(rest / bandwidth, dirty, workingSet);
    }
    return new Course(sent + rest, rest, true);
  }

  /** Give the distinct bytes changed in a time: it comes to no more than the working set. */
  private static double changed(double seconds, double dirty, double workingSet) {
    return workingSet <= 0 ? 0 : workingSet * (1 - Math.exp(-dirty * seconds / workingSet));
  }

  private static double correction(
      VmLoad vm, Function<PastMove, @Nullable Duration> figure, double modelled) {
    double log = 0;
    boolean any = false;
    var oldestFirst =
        vm.pastMoves().stream()
            .filter(PastMove::succeeded)
            .sorted(Comparator.comparing(PastMove::finished))
            .toList();
    for (var move : oldestFirst) {
      double actual = seconds(figure.apply(move));
      if (actual > 0 && modelled > 0) {
        double off = Math.log(actual / modelled);
        log = any ? log + NEWEST * (off - log) : off;
        any = true;
      }
    }
    return Math.clamp(Math.exp(log), 1 / MOST_CORRECTION, MOST_CORRECTION);
  }

  private static double seconds(@Nullable Duration duration) {
    return duration == null ? 0 : duration.toNanos() / 1e9;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(Math.min(seconds, 1e8) * 1e9));
  }
}
