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
  /** Ended on request, or given up by DCbalance; the guest runs on the source, as before. */
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

  /**
   * Tell whether a move that ended so has failed: what DCbalance itself gave up has, what a person
   * ended has not.
   *
   * @param givenUp whether DCbalance gave it up
   */
  public boolean failed(boolean givenUp) {
    return switch (this) {
      case FAILED, REFUSED -> true;
      case ABORTED -> givenUp;
      case PENDING, RUNNING, COMPLETED, LOST -> false;
    };
  }
}
