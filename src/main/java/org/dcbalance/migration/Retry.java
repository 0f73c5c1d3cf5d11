package org.dcbalance.migration;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.dcbalance.units.UtcMinute;
import org.jspecify.annotations.Nullable;

/** Know which attempt a migration is, and whether there will be another one. */
@Embeddable
class Retry {
  @Column(updatable = false)
  private int attempt = 1;

  @Column(updatable = false)
  private @Nullable Long retryOf;

  private @Nullable Integer mostAttempts;

  @Enumerated(EnumType.STRING)
  private @Nullable Passing passing;

  private @Nullable Instant retryAt;
  private @Nullable String retryEnded;
  private @Nullable String givenUp;

  @Enumerated(EnumType.STRING)
  private @Nullable Passing givenUpAs;

  @Column(updatable = false)
  private boolean rulesBroken;

  /**
   * Plan another attempt, unless there were enough.
   *
   * @param retries how many times a move may be tried again
   * @param first wait before the second attempt; each later one is twice as long
   * @param endBy when the order ends; null for never
   */
  void plan(Passing why, int retries, Duration first, @Nullable Instant endBy, Instant now) {
    this.passing = why;
    this.mostAttempts = mostAttempts == null ? Integer.valueOf(1 + retries) : mostAttempts;
    if (attempt >= mostAttempts) {
      return;
    }
    var at = now.plus(wait(attempt, first)).truncatedTo(ChronoUnit.SECONDS);
    if (endBy != null && !at.isBefore(endBy)) {
      this.retryEnded =
          "It is not tried again: that would be at " + UtcMinute.of(at) + ", past its deadline.";
    } else {
      this.retryAt = at;
    }
  }

  /** Keep why DCbalance gave it up. */
  void giveUp(String why, Passing as) {
    this.givenUp = why;
    this.givenUpAs = as;
  }

  /** Note that somebody else ends it. */
  void notGivenUp() {
    this.givenUp = null;
    this.givenUpAs = null;
  }

  /** Give the wait after an attempt that failed. */
  static Duration wait(int attempt, Duration first) {
    return first.multipliedBy(1L << Math.min(attempt - 1, 20));
  }

  /** Note that it is tried now. */
  void begun() {
    this.retryAt = null;
  }

  /** Drop the plan. */
  void end(String why) {
    this.retryAt = null;
    this.retryEnded = why;
  }

  boolean planned() {
    return retryAt != null;
  }

  boolean due(Instant now) {
    return retryAt != null && !retryAt.isAfter(now);
  }

  int attempt() {
    return attempt;
  }

  @Nullable Integer mostAttempts() {
    return mostAttempts;
  }

  @Nullable Instant retryAt() {
    return retryAt;
  }

  @Nullable String retryEnded() {
    return retryEnded;
  }

  boolean rulesBroken() {
    return rulesBroken;
  }

  /** Give why DCbalance gave it up, in a sentence; null if it did not. */
  @Nullable String givenUp() {
    return givenUp;
  }

  @Nullable Passing givenUpAs() {
    return givenUpAs;
  }

  /** Say what is planned; empty if nothing is. */
  String words() {
    return planned()
        ? "It is tried again at %s, as attempt %d of %d, since %s."
            .formatted(
                UtcMinute.of(Objects.requireNonNull(retryAt)),
                attempt + 1,
                Objects.requireNonNull(mostAttempts),
                Objects.requireNonNull(passing).words())
        : retryEnded == null ? "" : retryEnded;
  }
}
