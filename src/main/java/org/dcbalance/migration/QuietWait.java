package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading.DirtyRate;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.method.QuietMoment;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Wait for a moment at which a guest changes little memory, or where its host does not tell that,
 * uses little CPU, measuring it again and again.
 */
final class QuietWait {
  private static final Duration WINDOW = Duration.ofSeconds(1);

  /** A measurement is told a little after its window. */
  private static final Duration TOLD_AFTER = Duration.ofMillis(1_200);

  private final MigrationDesk desk;
  private final Claim claim;
  private final HostPair pair;
  private final BooleanSupplier hurried;

  /**
   * Be ready to.
   *
   * @param hurried tells whether there is no time for it any more
   */
  QuietWait(MigrationDesk desk, Claim claim, HostPair pair, BooleanSupplier hurried) {
    this.desk = desk;
    this.claim = claim;
    this.pair = pair;
    this.hurried = hurried;
  }

  /**
   * Wait.
   *
   * @return the dirty rate that is low enough; null if none came in time, there is no time any
   *     more, or somebody asked for the end of the move
   */
  @Nullable ByteRate until(QuietMoment.Worth worth, Duration longest) {
    return until(
        "It changes too much memory for a move that it would not feel. Waiting for a quieter moment, at %s or less, as it had in %.0f %% of the last hour's measurements; for %d s at most."
            .formatted(rate(worth.dirtyRate()), 100 * worth.share(), longest.toSeconds()),
        longest,
        this::look,
        rate -> rate.bytesPerSecond() <= worth.dirtyRate().bytesPerSecond(),
        rate -> "It changes " + rate(rate) + " now");
  }

  /**
   * The same by the CPU that it uses.
   *
   * @return the cores that it keeps busy, few enough; null as above
   */
  @Nullable Double until(QuietMoment.Rest rest, Duration longest) {
    return until(
        "It is too busy for a move that it would not feel. Waiting for a quieter moment, at %s or less, as it had in %.0f %% of the last hour's measurements; for %d s at most."
            .formatted(cores(rest.cores()), 100 * rest.share(), longest.toSeconds()),
        longest,
        this::busy,
        cores -> cores <= rest.cores(),
        cores -> "It uses " + cores(cores) + " now");
  }

  /** One measurement; null if none can be had now. */
  private interface Measure<T> {
    @Nullable T now();
  }

  private <T> @Nullable T until(
      String announcement,
      Duration longest,
      Measure<T> measure,
      Predicate<T> quiet,
      Function<T, String> words) {
    var begun = now();
    desk.remark(claim, announcement);
    T found = null;
    boolean lowBefore = false;
    boolean hurry = false;
    while (found == null && now().isBefore(begun.plus(longest))) {
      hurry = hurried.getAsBoolean();
      if (hurry || desk.read(claim).abortRequestedBy() != null) {
        break;
      }
      claim.check();
      desk.beat(claim);
      var measured = measure.now();
      boolean low = measured != null && quiet.test(measured);
      // one measurement alone is rough: samples of memory may be off by a third
      found = low && lowBefore ? measured : null;
      lowBefore = low;
    }
    var waited = Duration.between(begun, now());
    desk.waited(
        claim,
        waited,
        found == null
            ? (hurry
                ? "No quieter moment is waited for any longer, since its host is in maintenance."
                : "No quieter moment came in %d s.".formatted(waited.toSeconds()))
            : "%s, after %d s.".formatted(words.apply(found), waited.toSeconds()));
    return found;
  }

  private @Nullable Double busy() {
    try {
      var source = pair.onSource();
      long begun = System.nanoTime();
      var before = source.cpuTime(pair.guest());
      Pause.of(WINDOW);
      var used = source.cpuTime(pair.guest()).minus(before);
      return used.toNanos() / (double) (System.nanoTime() - begun);
    } catch (HypervisorException e) {
      Pause.of(WINDOW);
      return null;
    }
  }

  private static String cores(double cores) {
    return String.format(Locale.ROOT, "%.2f CPUs", cores);
  }

  /** Measure once how fast it changes its memory now; null if that cannot be had. */
  @Nullable ByteRate look() {
    var begun = now();
    try {
      var source = pair.onSource();
      source.measureDirtyRate(pair.guest(), WINDOW);
      Pause.of(TOLD_AFTER);
      return source.readLoad().guests().stream()
          .filter(guest -> guest.uuid().equals(pair.guest()))
          .map(GuestCounters::dirtyRate)
          .filter(told -> told != null && !told.startedAt().isBefore(begun))
          .findFirst()
          .map(DirtyRate::rate)
          .orElse(null);
    } catch (HypervisorException e) {
      // another measurement may be under way, and the next look tells
      Pause.of(WINDOW);
      return null;
    }
  }

  private static String rate(ByteRate rate) {
    return String.format(Locale.ROOT, "%.1f MiB/s", rate.bytesPerSecond() / (1 << 20));
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
