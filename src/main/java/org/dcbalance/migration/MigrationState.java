package org.dcbalance.migration;

import java.util.Set;

/** Name how far a migration is, as the database keeps it. */
public enum MigrationState {
  /** Queued; nothing was done yet. */
  PENDING,
  RUNNING,
  /** Both hosts agree that the guest runs on the target. */
  COMPLETED,
  /** The guest runs on the source, as before. */
  FAILED,
  /** Ended on request; the guest runs on the source, as before. */
  ABORTED,
  /** Not started, for a reason found just before the start. */
  REFUSED,
  /** Nobody knows; both hosts are asked again until they agree. */
  LOST;

  /** The states in which a migration still concerns the runner. */
  static final Set<MigrationState> OPEN = Set.of(PENDING, RUNNING, LOST);

  /** Tell whether nothing more will happen to it. */
  public boolean ended() {
    return !OPEN.contains(this);
  }
}
