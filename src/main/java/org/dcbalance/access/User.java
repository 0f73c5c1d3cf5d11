package org.dcbalance.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A person who may sign in.
 *
 * @param passwordHash null for who signs in at an OpenID provider
 * @param issuer that provider; null for who has a password here
 * @param lastSignedInAt null where that never happened
 */
record User(
    String name,
    @Nullable String passwordHash,
    Role role,
    boolean enabled,
    @Nullable String issuer,
    @Nullable Instant lastSignedInAt) {
  /** Tell what the user is, never the password's hash. */
  @Override
  public String toString() {
    return "User[%s, %s, %s]".formatted(name, role, enabled ? "enabled" : "disabled");
  }
}
