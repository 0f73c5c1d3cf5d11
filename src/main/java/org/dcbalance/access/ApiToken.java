package org.dcbalance.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A named key by which a program acts.
 *
 * @param readOnly whether it may change nothing, whatever its role
 * @param expiresAt null where it holds until it is revoked
 */
public record ApiToken(
    String name,
    Role role,
    boolean readOnly,
    @Nullable Instant expiresAt,
    Instant createdAt,
    String createdBy,
    @Nullable Instant lastUsedAt) {

  /** Tell whether it does not hold any more. */
  public boolean expired(Instant now) {
    return expiresAt != null && !now.isBefore(expiresAt);
  }

  /** Tell whether it comes from a setting, which alone can change it. */
  public boolean fromSettings() {
    return name.equals(FirstAdministrator.TOKEN_NAME);
  }
}
