package org.dcbalance.method;

import java.time.Duration;
import java.util.List;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Learn from moves that were made: the way between two hosts, and how far off the model was. */
public final class Learning {
  private static final ByteRate ASSUMED_BANDWIDTH = ByteRate.ofMiB(100);
  private static final Duration ASSUMED_CONSTANT = Duration.ofMillis(50);

  /** What the newest move counts for in a learnt value. */
  private static final double NEWEST = 0.3;

  /** A correction goes up to this factor, up or down. */
  private static final double MOST_CORRECTION = 4;

  private Learning() {}

  /**
   * Recall a move that succeeded.
   *
   * @param bytes sent; where the hypervisor does not tell, what the VM had, which is less
   * @param downtime pause; null if it was not told
   */
  public record Past(Memory bytes, Duration total, @Nullable Duration downtime) {}

  /**
   * Recall how a move of a VM went against what the model expected of it. Bytes tell more of the VM
   * than time does, which depends on the way as well.
   *
   * @param expected bytes by the model, or milliseconds where the hypervisor tells no bytes
   * @param actual the same, as measured
   */
  public record Forecast(double expected, double actual) {}

  /**
   * Learn the way from one host to another.
   *
   * @param between earlier moves between the two, oldest first
   * @param elsewhere those of the whole pool, oldest first, for where there are none
   */
  public static Facts.Route route(List<Past> between, List<Past> elsewhere) {
    var known = between.isEmpty() ? elsewhere : between;
    double bandwidth = Double.NaN;
    double constant = Double.NaN;
    for (var move : known) {
      double seconds = CopyModel.seconds(move.total());
      if (seconds > 0 && move.bytes().bytes() > 0) {
        double seen = move.bytes().bytes() / seconds;
        bandwidth = Double.isNaN(bandwidth) ? seen : bandwidth + NEWEST * (seen - bandwidth);
      }
      var downtime = move.downtime();
      if (downtime != null) {
        double pause = CopyModel.seconds(downtime);
        constant = Double.isNaN(constant) ? pause : Math.min(constant, pause);
      }
    }
    return new Facts.Route(
        Double.isNaN(bandwidth) ? ASSUMED_BANDWIDTH : new ByteRate(bandwidth),
        Double.isNaN(constant) ? ASSUMED_CONSTANT : Duration.ofNanos(Math.round(constant * 1e9)),
        !between.isEmpty() && !Double.isNaN(bandwidth));
  }

  /** Learn by what factor moves of a VM take more than modelled, oldest first. */
  public static double bias(List<Forecast> forecasts) {
    double log = 0;
    boolean any = false;
    for (var each : forecasts) {
      if (each.expected() > 0 && each.actual() > 0) {
        double off = Math.log(each.actual() / each.expected());
        log = any ? log + NEWEST * (off - log) : off;
        any = true;
      }
    }
    return Math.clamp(Math.exp(log), 1 / MOST_CORRECTION, MOST_CORRECTION);
  }
}
