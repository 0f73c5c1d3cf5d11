package org.dcbalance.method;

import java.time.Duration;
import java.util.List;
import org.dcbalance.strategy.LearntWay;
import org.dcbalance.strategy.MemoryCopy;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Learn from moves that were made: the way between two hosts, and how far off the model was. */
public final class Learning {
  private Learning() {}

  /**
   * Recall a move that succeeded.
   *
   * @param bytes sent; where the hypervisor does not tell, what the VM had, which is less; null if
   *     a limit held it, so that they do not tell what the way carries
   * @param downtime pause; null if it was not told
   * @param alone whether no other move shared its hosts meanwhile
   */
  public record Past(
      @Nullable Memory bytes, Duration total, @Nullable Duration downtime, boolean alone) {}

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
   * @param elsewhere those of the whole pool, oldest first, for what the others do not tell
   */
  public static Facts.Route route(List<Past> between, List<Past> elsewhere) {
    var own = way(between);
    var pool = way(elsewhere);
    double bandwidth = own.unshared() ? own.bandwidth() : larger(own.bandwidth(), pool.bandwidth());
    double constant = Double.isNaN(own.constant()) ? pool.constant() : own.constant();
    return new Facts.Route(
        new ByteRate(Double.isNaN(bandwidth) ? MemoryCopy.ASSUMED_BANDWIDTH : bandwidth),
        Double.isNaN(constant)
            ? MemoryCopy.ASSUMED_CONSTANT
            : Duration.ofNanos(Math.round(constant * 1e9)),
        !Double.isNaN(own.bandwidth()));
  }

  private static double larger(double one, double other) {
    return Double.isNaN(one) ? other : Double.isNaN(other) ? one : Math.max(one, other);
  }

  private static LearntWay way(List<Past> moves) {
    var way = new LearntWay();
    moves.forEach(move -> way.add(move.bytes(), move.total(), move.downtime(), move.alone()));
    return way;
  }

  /** Learn by what factor moves of a VM take more than modelled, oldest first. */
  public static double bias(List<Forecast> forecasts) {
    return LearntWay.correction(forecasts, each -> each.actual() / each.expected());
  }
}
