package org.dcbalance.evacuation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.dcbalance.evacuation.EvacuationRows.Try;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Know the moves of one guest for an evacuation, oldest first. What fails is tried again after a
 * while, a few times; what a person ended is not.
 */
record Tries(List<Try> each) {
  static final Tries NONE = new Tries(List.of());
  static final int MOST = 3;
  private static final Duration FIRST_BREAK = Duration.ofSeconds(30);

  Tries {
    each = List.copyOf(each);
  }

  static Map<VmId, Tries> byGuest(List<Try> all) {
    return all.stream()
        .collect(
            Collectors.groupingBy(
                Try::vm, Collectors.collectingAndThen(Collectors.toList(), Tries::new)));
  }

  @Nullable Try last() {
    return each.isEmpty() ? null : each.getLast();
  }

  boolean open() {
    return each.stream().anyMatch(Try::open);
  }

  /** Count those that have ended. */
  int ended() {
    return (int) each.stream().filter(t -> !t.open()).count();
  }

  /** Say why it is not tried again; null if it may be. */
  @Nullable String givenUp() {
    var last = last();
    if (last == null) {
      return null;
    }
    if (last.takenBack()) {
      return "Its move was aborted, so it is not tried again.";
    }
    return ended() >= MOST ? "It was tried %d times. %s".formatted(MOST, last.sentence()) : null;
  }

  /** Tell whether this move is the last, failed, and is tried again. */
  boolean goesOnAfter(long migration) {
    var last = last();
    return last != null && last.migration() == migration && last.failed() && givenUp() == null;
  }

  /** Tell whether it is under way, or its last failure was a short time ago: longer after each. */
  boolean rests(Instant now) {
    var last = last();
    if (last == null || last.open()) {
      return last != null;
    }
    return Objects.requireNonNullElse(last.finishedAt(), now)
        .plus(FIRST_BREAK.multipliedBy(1L << (each.size() - 1)))
        .isAfter(now);
  }
}
