package org.dcbalance.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.units.Latest;
import org.jspecify.annotations.Nullable;

/**
 * Slow down whoever guesses passwords: after five failures of one user name from one address, or
 * twenty of any names from it, each further one doubles the wait, from 1 s to at most 5 min. An
 * hour after that the failures are forgotten. In memory, for the latest 10,000 of each.
 *
 * <p>Of IPv6 the first 64 bits count as the address, for whoever has one of them has all. From this
 * machine itself only names are counted: behind a proxy that does not say who asks, everybody comes
 * from there.
 */
final class SignInBrake {
  static final int FREE_FAILURES = 5;
  static final int FREE_FAILURES_OF_ADDRESS = 20;
  static final Duration LONGEST = Duration.ofMinutes(5);
  static final Duration FORGOTTEN_AFTER = Duration.ofHours(1);

  private static final int KEPT = 10_000;
  private static final int PREFIX_BYTES = 8;

  private final Clock clock;
  private final Counts<Guess> guesses = new Counts<>(FREE_FAILURES);
  private final Counts<String> addresses = new Counts<>(FREE_FAILURES_OF_ADDRESS);

  SignInBrake(Clock clock) {
    this.clock = clock;
  }

  /**
   * Begin an attempt. It counts as failed until {@link #succeeded} or {@link #withdrawn} is called,
   * so that attempts made at the same time do not slip through together.
   *
   * @return how long to wait before the next attempt; empty where this one may go ahead
   */
  synchronized Optional<Duration> begin(String user, String address) {
    var now = clock.instant();
    var guess = guess(user, address);
    var network = network(address);
    var wait = guesses.left(guess, now);
    if (network != null && addresses.left(network, now).compareTo(wait) > 0) {
      wait = addresses.left(network, now);
    }
    if (wait.isPositive()) {
      return Optional.of(wait);
    }
    guesses.add(guess, now);
    if (network != null) {
      addresses.add(network, now);
    }
    return Optional.empty();
  }

  synchronized void succeeded(String user, String address) {
    guesses.forget(guess(user, address));
    var network = network(address);
    if (network != null) {
      addresses.takeBack(network, clock.instant());
    }
  }

  /** Say that an attempt was neither right nor wrong. */
  synchronized void withdrawn(String user, String address) {
    guesses.takeBack(guess(user, address), clock.instant());
    var network = network(address);
    if (network != null) {
      addresses.takeBack(network, clock.instant());
    }
  }

  private static Guess guess(String user, String address) {
    var network = network(address);
    return new Guess(user.toLowerCase(Locale.ROOT), network == null ? address : network);
  }

  /** Give what is counted as one address; null for this machine itself. */
  private static @Nullable String network(String address) {
    try {
      var parsed = InetAddress.ofLiteral(address);
      if (parsed.isLoopbackAddress()) {
        return null;
      }
      return parsed instanceof Inet6Address
          ? HexFormat.of().formatHex(Arrays.copyOf(parsed.getAddress(), PREFIX_BYTES))
          : parsed.getHostAddress();
    } catch (IllegalArgumentException notAnAddress) {
      return address;
    }
  }

  private record Guess(String user, String address) {}

  private record Failures(int count, Instant blockedUntil) {}

  /** Failures by what they have in common. */
  private static final class Counts<K> {
    private final int free;
    private final Map<K, Failures> failures = new Latest<>(KEPT);

    Counts(int free) {
      this.free = free;
    }

    Duration left(K key, Instant now) {
      var before = failures.get(key);
      return before == null || !now.isBefore(before.blockedUntil)
          ? Duration.ZERO
          : Duration.between(now, before.blockedUntil);
    }

    void add(K key, Instant now) {
      var before = failures.get(key);
      int count =
          before == null || now.isAfter(before.blockedUntil.plus(FORGOTTEN_AFTER))
              ? 1
              : before.count + 1;
      failures.put(key, new Failures(count, now.plus(waitAfter(count))));
    }

    void forget(K key) {
      failures.remove(key);
    }

    /** Undo one that was counted; whoever was let through had waited for it. */
    void takeBack(K key, Instant now) {
      failures.computeIfPresent(
          key, (same, before) -> before.count <= 1 ? null : new Failures(before.count - 1, now));
    }

    private Duration waitAfter(int count) {
      if (count < free) {
        return Duration.ZERO;
      }
      var doubled = Duration.ofSeconds(1L << Math.min(20, count - free));
      return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }
  }
}
