package org.dcbalance.notification;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way to one destination.
 *
 * @param eventId the same for all destinations and attempts
 * @param event name of its {@link EventKind}
 * @param pool name of the pool that it concerns; null for none
 * @param attempts how often it was tried
 * @param nextAt when it is tried (again), while it waits
 * @param triedAt when it was tried last; null if it never was
 * @param outcome what came of the last attempt, as a sentence; empty before the first
 */
public record Delivery(
    long id,
    long destinationId,
    String destination,
    UUID eventId,
    String event,
    Severity severity,
    @Nullable Long poolId,
    @Nullable String pool,
    String sentence,
    String path,
    Instant at,
    State state,
    int attempts,
    Instant nextAt,
    @Nullable Instant triedAt,
    String outcome) {
  /** How far it is. */
  public enum State {
    WAITING,
    SENT,
    GIVEN_UP
  }

  /** Give the event in words; as it was stored if this version does not know it. */
  public String eventWords() {
    for (var kind : EventKind.values()) {
      if (kind.name().equals(event)) {
        return kind.words();
      }
    }
    return event;
  }

  /** Tell whether an attempt failed and another one will follow. */
  public boolean troubled() {
    return state == State.WAITING && attempts > 0 && !outcome.isEmpty();
  }
}
