package org.dcbalance.notification;

import java.net.URI;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a receiver is told: the body of a webhook, and what e-mails are written from. Its form is
 * described in docs/notifications.md: names are added, never changed.
 *
 * @param version of the form
 * @param id by which a receiver knows what it has seen: a message may come twice
 * @param event name of an {@link EventKind}, or "TEST"
 * @param pool null where it concerns none
 * @param link to the page that shows it; null where the console does not know its own address
 */
record Message(
    int version,
    UUID id,
    String event,
    String title,
    Severity severity,
    Instant at,
    @Nullable About pool,
    String sentence,
    @Nullable String link) {
  private static final int VERSION = 1;

  /** The pool that a message concerns. */
  record About(long id, String name) {}

  static Message of(Delivery delivery, @Nullable URI console) {
    var pool = delivery.poolId();
    var name = delivery.pool();
    return new Message(
        VERSION,
        delivery.eventId(),
        delivery.event(),
        delivery.eventWords(),
        delivery.severity(),
        delivery.at(),
        pool == null || name == null ? null : new About(pool, name),
        delivery.sentence(),
        link(console, delivery.path()));
  }

  static Message test(String by, Instant at, @Nullable URI console) {
    return new Message(
        VERSION,
        UUID.randomUUID(),
        "TEST",
        "Test",
        Severity.INFO,
        at,
        null,
        by + " tests whether messages of DCbalance arrive here. They do.",
        link(console, "/settings/notifications"));
  }

  private static @Nullable String link(@Nullable URI console, String path) {
    if (console == null) {
      return null;
    }
    var base = console.toString();
    return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
  }
}
