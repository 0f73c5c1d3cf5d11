package org.dcbalance.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Say which entries are wanted; null or empty leaves a thing open.
 *
 * @param who exact name
 * @param q part of the object's or the actor's name, whatever its case
 * @param refusals only what was refused
 * @param from first moment, inclusive
 * @param to last moment, exclusive
 */
public record AuditFilter(
    @Nullable String who,
    @Nullable Act act,
    @Nullable String kind,
    @Nullable String q,
    @Nullable Boolean refusals,
    @Nullable Instant from,
    @Nullable Instant to) {
  public AuditFilter {
    who = who == null || who.isBlank() ? null : who.strip();
    kind = kind == null || kind.isBlank() ? null : kind.strip();
    q = q == null || q.isBlank() ? null : q.strip();
  }

  /** Tell whether anything is left out. */
  public boolean narrows() {
    return who != null
        || act != null
        || kind != null
        || q != null
        || Boolean.TRUE.equals(refusals)
        || from != null
        || to != null;
  }
}
