package org.dcbalance.pages;

import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/** Place values along an axis with round ticks. */
record Axis(double first, double last, boolean logarithmic, List<Tick> ticks) {
  private static final int MOST_STEPS = 4;

  /** A tick's place, as a share of the axis, and what stands there. */
  record Tick(double at, String words) {
    public double fromTop() {
      return 1 - at;
    }
  }

  /** An axis from 0 to a round figure that is not below the highest value. */
  static Axis fromZero(double highest, double leastStep, DoubleFunction<String> words) {
    double rough = highest / MOST_STEPS;
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(rough, leastStep))));
    double step =
        DoubleStream.of(1, 2, 5, 10)
            .map(factor -> factor * power)
            .filter(each -> each >= rough * 0.999 && each >= leastStep)
            .findFirst()
            .orElse(10 * power);
    long steps = Math.max(1, (long) Math.ceil(highest / step - 1e-9));
    double last = step * steps;
    return new Axis(
        0,
        last,
        false,
        LongStream.rangeClosed(0, steps)
            .mapToObj(n -> new Tick(n / (double) steps, words.apply(n * step)))
            .toList());
  }

  /** An axis over whole powers of ten from at most the lowest to at least the highest value. */
  static Axis ofPowers(double lowest, double highest, DoubleFunction<String> words) {
    int from = (int) Math.floor(Math.log10(lowest));
    int to = Math.max(from + 1, (int) Math.ceil(Math.log10(highest)));
    return new Axis(
        Math.pow(10, from),
        Math.pow(10, to),
        true,
        LongStream.rangeClosed(from, to)
            .mapToObj(
                n -> new Tick((n - from) / (double) (to - from), words.apply(Math.pow(10, n))))
            .toList());
  }

  /** Where a value is, as a share of the axis; one beyond its ends is at the end. */
  double at(double value) {
    double share =
        logarithmic
            ? Math.log(Math.max(value, first) / first) / Math.log(last / first)
            : (value - first) / (last - first);
    return Math.clamp(share, 0, 1);
  }
}
