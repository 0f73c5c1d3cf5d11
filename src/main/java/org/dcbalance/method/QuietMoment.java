package org.dcbalance.method;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleFunction;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Tell whether a VM that changes too much memory now has quieter moments, in which a move would
 * neither slow it down nor risk it. Xen tells no dirty rates; there the CPU that it uses stands for
 * them.
 */
public final class QuietMoment {
  /** Share of the recorded past that must have been quiet: rarer moments are not waited for. */
  private static final double OFTEN = 0.1;

  /**
   * How often it must have changed between quiet and busy: one that began to work does not rest.
   */
  private static final int TURNS = 3;

  /** Methods that the guest hardly notices. */
  private static final Set<Method> MILD =
      EnumSet.of(
          Method.PARALLEL,
          Method.PRE_COPY,
          Method.BALLOON_FIRST,
          Method.LONGER_PAUSE,
          Method.XBZRLE);

  /** Share of the present rate that is quieter for sure: measurements are rough. */
  private static final double QUIETER = 0.5;

  private QuietMoment() {}

  /**
   * A moment worth waiting for.
   *
   * @param dirtyRate at which, or below, a mild method does
   * @param share of the recorded past in which it was so, 0 to 1
   */
  public record Worth(ByteRate dirtyRate, double share) {}

  /**
   * The same where no hypervisor tells dirty rates.
   *
   * @param cores that the VM keeps busy when, or below which, a mild method is expected to do
   * @param share of the recorded past in which it was so, 0 to 1
   */
  public record Rest(double cores, double share) {}

  private record Level(double value, double share) {}

  /**
   * Look for one.
   *
   * @param now what is chosen at the present dirty rate
   * @param past dirty rates as recorded, oldest first
   * @return null if there is nothing to wait for: a mild method does now, too little is known, or
   *     the VM was hardly ever quiet, or not again and again
   */
  public static @Nullable Worth of(Facts facts, Choice now, List<ByteRate> past) {
    if (mild(now) || !facts.measured()) {
      return null;
    }
    var present = facts.vm().dirtyRate();
    var level =
        level(
            past.stream().map(ByteRate::bytesPerSecond).toList(),
            present == null ? Double.POSITIVE_INFINITY : present.bytesPerSecond(),
            rate -> MethodChoice.of(facts.at(new ByteRate(rate))));
    return level == null ? null : new Worth(new ByteRate(level.value), level.share);
  }

  /**
   * Look for one on Xen, by how busy the VM was: what it changes is then taken to grow with that.
   *
   * @param now what is chosen for the VM as busy as it is
   * @param past cores that it kept busy, oldest first
   * @return null as above, and where the way to the target was not measured
   */
  public static @Nullable Rest byCpu(Facts facts, Choice now, List<Double> past) {
    if (facts.host().engine() != Facts.Engine.FIXED_ROUNDS
        || facts.vm().dirty() != null
        || !facts.route().learnt()
        || mild(now)) {
      return null;
    }
    var level = level(past, facts.vm().busyCores(), cores -> MethodChoice.of(facts.busy(cores)));
    return level == null ? null : new Rest(level.value, level.share);
  }

  /** Find the highest level of the past that was quiet often enough, and again and again. */
  private static @Nullable Level level(
      List<Double> past, double present, DoubleFunction<Choice> chosenAt) {
    var falling = past.stream().sorted(Comparator.reverseOrder()).toList();
    for (int i = 0; i < falling.size(); i++) {
      double value = falling.get(i);
      double share = (falling.size() - i) / (double) falling.size();
      if (share < OFTEN) {
        return null;
      }
      if (value > QUIETER * present) {
        continue;
      }
      boolean seen = i > 0 && falling.get(i).equals(falling.get(i - 1));
      if (!seen && mild(chosenAt.apply(value))) {
        return turns(past, value) < TURNS ? null : new Level(value, share);
      }
    }
    return null;
  }

  private static int turns(List<Double> past, double quiet) {
    int turns = 0;
    for (int i = 1; i < past.size(); i++) {
      turns += past.get(i - 1) <= quiet == past.get(i) <= quiet ? 0 : 1;
    }
    return turns;
  }

  /** What pauses the guest for too long is not mild for being the least of what is allowed. */
  private static boolean mild(Choice choice) {
    return choice instanceof Choice.Move move
        && MILD.contains(move.method())
        && move.considered().stream()
            .map(Choice.Considered::verdict)
            .noneMatch(v -> v instanceof Verdict.Tried || v instanceof Verdict.LeastPause);
  }
}
