package org.dcbalance.method;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Tell whether a VM that changes too much memory now has quieter moments, in which a move would
 * neither slow it down nor risk it.
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
   * Look for one.
   *
   * @param now what is chosen at the present dirty rate
   * @param past dirty rates as recorded, oldest first
   * @return null if there is nothing to wait for: a mild method does now, too little is known, or
   *     the VM was hardly ever quiet, or not again and again
   */
  public static @Nullable Worth of(Facts facts, Choice now, List<ByteRate> past) {
    if (mild(now) || !facts.measured() || past.isEmpty()) {
      return null;
    }
    var present = facts.vm().dirtyRate();
    var falling =
        past.stream().map(ByteRate::bytesPerSecond).sorted((a, b) -> Double.compare(b, a)).toList();
    for (int i = 0; i < falling.size(); i++) {
      var rate = new ByteRate(falling.get(i));
      double share = (falling.size() - i) / (double) falling.size();
      if (share < OFTEN) {
        return null;
      }
      if (present != null && rate.bytesPerSecond() > QUIETER * present.bytesPerSecond()) {
        continue;
      }
      boolean seen = i > 0 && falling.get(i).equals(falling.get(i - 1));
      if (!seen && mild(MethodChoice.of(facts.at(rate)))) {
        return turns(past, rate) < TURNS ? null : new Worth(rate, share);
      }
    }
    return null;
  }

  private static int turns(List<ByteRate> past, ByteRate quiet) {
    int turns = 0;
    for (int i = 1; i < past.size(); i++) {
      boolean was = past.get(i - 1).bytesPerSecond() <= quiet.bytesPerSecond();
      boolean is = past.get(i).bytesPerSecond() <= quiet.bytesPerSecond();
      turns += was == is ? 0 : 1;
    }
    return turns;
  }

  private static boolean mild(Choice choice) {
    return choice instanceof Choice.Move move
        && MILD.contains(move.method())
        && move.considered().stream().noneMatch(c -> c.verdict() instanceof Verdict.Tried);
  }
}
