package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading.DirtyRate;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.method.QuietMoment;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/** Wait for a moment at which a guest changes little memory, measuring it again and again. */
final class QuietWait {
  private static final Duration WINDOW = Duration.ofSeconds(1);

  /** A measurement is told a little after its window. */
  private static final Duration TOLD_AFTER = Duration.ofMillis(1_200);

  private final MigrationDesk desk;
  private final Claim claim;
  private final HostPair pair;

  QuietWait(MigrationDesk desk, Claim claim, HostPair pair) {
    this.desk = desk;
    this.claim = claim;
    this.pair = pair;
  }

  /**
   * Wait.
   *
   * @return the dirty rate that is low enough; null if none came in time, or somebody asked for the
   *     end of the move
   */
  @Nullable ByteRate until(QuietMoment.Worth worth, Duration longest) {
    var begun = now();
    desk.remark(
        claim,
        "It changes too much memory for a move that it would not feel. Waiting for a quieter moment, at %s or less, as it had in %.0f %% of the last hour's measurements; for %d s at most."
            .formatted(rate(worth.dirtyRate()), 100 * worth.share(), longest.toSeconds()));
    ByteRate found = null;
    boolean lowBefore = false;
    while (found == null && now().isBefore(begun.plus(longest))) {
      if (desk.read(claim).abortRequestedBy() != null) {
        break;
      }
      claim.check();
      desk.beat(claim);
      var measured = measure();
      boolean low =
          measured != null && measured.bytesPerSecond() <= worth.dirtyRate().bytesPerSecond();
      // samples of memory are rough: one alone may be off by a third
      found = low && lowBefore ? measured : null;
      lowBefore = low;
    }
    var waited = Duration.between(begun, now());
    desk.waited(
        claim,
        waited,
        found == null
            ? "No quieter moment came in %d s.".formatted(waited.toSeconds())
            : "It changes %s now, after %d s.".formatted(rate(found), waited.toSeconds()));
    return found;
  }

  private @Nullable ByteRate measure() {
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
