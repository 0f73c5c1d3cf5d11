package org.dcbalance.live;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Say that something has changed. It carries no content: pages fetch what they show again.
 *
 * @param name what kind of thing, such as "round-finished", in lower case with hyphens
 * @param id which one, or 0 where the kind says it all
 */
record Signal(String name, long id) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z-]{0,62}");

  Signal {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "A signal's name has up to 63 lower-case letters and hyphens: " + name);
    }
  }

  /** Read what {@link #payload()} wrote; empty for anything else that somebody may send. */
  static Optional<Signal> parse(String payload) {
    int colon = payload.indexOf(':');
    if (colon < 0 || !NAME.matcher(payload.substring(0, colon)).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Signal(payload.substring(0, colon), Long.parseLong(payload.substring(colon + 1))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Write it as the database carries it: {@code name:id}. */
  String payload() {
    return name + ":" + id;
  }

  /** Write it as pages read it. The name needs no escaping. */
  String json() {
    return "{\"name\":\"" + name + "\",\"id\":" + id + "}";
  }
}
