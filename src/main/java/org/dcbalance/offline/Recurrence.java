package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Repeat recorded days as load that recurs without being identical: every sample up to 10 % more or
 * less, every VM's day up to 15 minutes earlier or later, and each day one VM in twenty replaced by
 * another one's load.
 */
final class Recurrence {
  private static final double NOISE = 0.1;
  private static final int SHIFT = 3;
  private static final double REPLACED = 0.05;
  private static final int HOUR = 12;

  private Recurrence() {}

  /**
   * Make so many traces out of fewer: each further one is a recorded one up to an hour earlier or
   * later, with all of its samples up to a tenth more or less.
   */
  static List<Trace> copy(List<Trace> traces, int count, long seed) {
    var random = new SplittableRandom(seed);
    var copies = new ArrayList<>(traces.subList(0, Math.min(count, traces.size())));
    while (copies.size() < count) {
      var from = traces.get(copies.size() % traces.size());
      int shift = random.nextInt(-HOUR, HOUR + 1);
      double scale = random.nextDouble(1 - NOISE, 1 + NOISE);
      var cores = new double[from.length()];
      for (int i = 0; i < cores.length; i++) {
        cores[i] = scale * from.cores()[Math.floorMod(i + shift, cores.length)];
      }
      var name = from.vm() + "-" + copies.size() / traces.size();
      copies.add(new Trace(name, from.memoryMiB(), cores, from.used()));
    }
    return copies;
  }

  /** Make traces of so many days; everything that is left to chance comes from the seed. */
  static List<Trace> repeat(List<Trace> traces, int days, long seed) {
    var random = new SplittableRandom(seed);
    var repeated = new ArrayList<Trace>();
    for (var trace : traces) {
      var cores = new double[days * Trace.DAY];
      var used = new double[days * Trace.DAY];
      for (int day = 0; day < days; day++) {
        boolean replaced = day > 0 && random.nextDouble() < REPLACED;
        var from = replaced ? traces.get(random.nextInt(traces.size())) : trace;
        int recorded = Math.max(1, from.length() / Trace.DAY);
        int shift = day == 0 ? 0 : random.nextInt(-SHIFT, SHIFT + 1);
        for (int i = 0; i < Trace.DAY; i++) {
          int sample = Math.floorMod((day % recorded) * Trace.DAY + i + shift, from.length());
          double noise = day == 0 ? 1 : random.nextDouble(1 - NOISE, 1 + NOISE);
          cores[day * Trace.DAY + i] = from.cores()[sample] * noise;
          used[day * Trace.DAY + i] = Math.min(trace.memoryMiB(), from.used()[sample]);
        }
      }
      repeated.add(new Trace(trace.vm(), trace.memoryMiB(), cores, used));
    }
    return repeated;
  }
}
