package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Measure a guest's pause for hypervisors that do not report it (Xen): from its last sign of life
 * at the source, where its CPU time is read again and again until it grows no more, to the target's
 * event that it runs there.
 *
 * <p>What is measured is at least the pause, and longer by up to the time between two reads: 50 ms,
 * or more where the host is slow to answer, so that it is not kept from the migration itself. A
 * guest that had nothing to do before its pause makes it longer, too.
 */
final class Standstill implements AutoCloseable {
  static final Duration PERIOD = Duration.ofMillis(50);

  /** Waiting this many times as long as an answer took leaves the host nearly all of its time. */
  private static final int REST = 10;

  /** But one slow answer must not hide the whole move. */
  private static final Duration LONGEST_REST = Duration.ofSeconds(1);

  private static final Duration EVENT_WITHIN = Duration.ofSeconds(5);

  private final HostPair pair;
  private final Arrivals arrivals;
  private final Clock clock;
  private final Instant begun;
  private final Thread reader;
  private volatile boolean over;
  private volatile @Nullable Sign lastSign;

  private Standstill(HostPair pair, Arrivals arrivals, Clock clock) {
    this.pair = pair;
    this.arrivals = arrivals;
    this.clock = clock;
    this.begun = clock.instant();
    this.reader = Thread.ofPlatform().daemon().name("standstill").unstarted(this::read);
  }

  /**
   * What was measured.
   *
   * @param words how, in words that complete "measured …"
   */
  record Seen(Duration pause, String words) {}

  /** A read that showed growth, and how long after the one before it. */
  private record Sign(Instant at, Duration apart) {}

  /** Begin to watch the source; close it when the move is over. */
  static Standstill watch(HostPair pair, Arrivals arrivals, Clock clock) {
    var watch = new Standstill(pair, arrivals, clock);
    watch.reader.start();
    return watch;
  }

  private void read() {
    @Nullable Duration before = null;
    var last = begun;
    while (!over) {
      var asked = clock.instant();
      try {
        var now = pair.onSource().cpuTime(pair.guest());
        if (before != null && now.compareTo(before) > 0) {
          lastSign = new Sign(asked, Duration.between(last, asked));
        }
        before = now;
        last = asked;
        Thread.sleep(rest(Duration.between(asked, clock.instant())));
      } catch (HypervisorException | Problem gone) {
        // it is over there, or the host is silent, which the drive notices as well
        if (arrived().isPresent()) {
          return;
        }
        pauseALittle();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static Duration rest(Duration answer) {
    var fair = answer.multipliedBy(REST);
    return fair.compareTo(PERIOD) < 0
        ? PERIOD
        : fair.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : fair;
  }

  private static void pauseALittle() {
    try {
      Thread.sleep(PERIOD);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<Instant> arrived() {
    return arrivals.since(begun, pair.guest(), pair.target().id());
  }

  /** Give what was measured; empty if one of the two instants was not seen. */
  Optional<Seen> measured() {
    var until = clock.instant().plus(EVENT_WITHIN);
    while (arrived().isEmpty() && clock.instant().isBefore(until)) {
      Pause.of(Duration.ofMillis(50));
    }
    close();
    var last = lastSign;
    return last == null
        ? Optional.empty()
        : arrived()
            .map(at -> Duration.between(last.at(), at))
            .filter(Duration::isPositive)
            .map(
                pause ->
                    new Seen(
                        pause,
                        "by this console, from the last growth of its CPU time on %s (read %d ms apart) to %s's word that it runs"
                            .formatted(
                                pair.source().name(),
                                last.apart().toMillis(),
                                pair.target().name())));
  }

  @Override
  public void close() {
    over = true;
    reader.interrupt();
  }
}
