package org.dcbalance.access;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Slow down whoever guesses passwords: after five failures of one user name from one address, each
 * further one doubles the wait, from 1 s to at most 5 min. In memory, for the latest 10,000 pairs.
 */
final class SignInBrake {
  static final int FREE_FAILURES = 5;
  static final Duration LONGEST = Duration.ofMinutes(5);

  private static final int KEPT = 10_000;

  private final Clock clock;
  private final Map<Guess, Failures> failures =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Guess, Failures> eldest) {
          return size() > KEPT;
        }
      };

  SignInBrake(Clock clock) {
    this.clock = clock;
  }

  /**
   * Begin an attempt. It counts as failed until {@link #succeeded} is called, so that attempts made
   * at the same time do not slip through together.
   *
   * @return how long to wait before the next attempt; empty where this one may go ahead
   */
  synchronized Optional<Duration> begin(String user, String address) {
    var guess = new Guess(user.toLowerCase(Locale.ROOT), address);
    var before = failures.getOrDefault(guess, new Failures(0, Instant.MIN));
    var now = clock.instant();
    if (now.isBefore(before.blockedUntil)) {
      return Optional.of(Duration.between(now, before.blockedUntil));
    }
    var count = before.count + 1;
    failures.put(guess, new Failures(count, now.plus(waitAfter(count))));
    return Optional.empty();
  }

  synchronized void succeeded(String user, String address) {
    failures.remove(new Guess(user.toLowerCase(Locale.ROOT), address));
  }

  private static Duration waitAfter(int count) {
    if (count < FREE_FAILURES) {
      return Duration.ZERO;
    }
    var doubled = Duration.ofSeconds(1L << Math.min(20, count - FREE_FAILURES));
    return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
  }

  private record Guess(String user, String address) {}

  private record Failures(int count, Instant blockedUntil) {}
}
