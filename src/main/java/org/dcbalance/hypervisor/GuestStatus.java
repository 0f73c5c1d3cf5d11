package org.dcbalance.hypervisor;

import org.jspecify.annotations.Nullable;

/**
 * Tell a guest's state on one host at one instant.
 *
 * @param why the reason behind the state that matters to migrations
 * @param job whether a job (migration, save, dump) runs on it
 * @param mark what {@link Hypervisor#mark} wrote last, null if nothing
 * @param persistent whether the host keeps a definition of it
 */
public record GuestStatus(
    GuestState state, Why why, Job job, @Nullable String mark, boolean persistent) {

  /** The reasons behind a state that the truth table tells apart. */
  public enum Why {
    NONE,
    MIGRATING,
    POST_COPY,
    POST_COPY_FAILED,
    USER,
    SAVED,
    OTHER
  }

  /** What job runs on the guest here. */
  public enum Job {
    NONE,
    OUTGOING_MIGRATION,
    INCOMING_MIGRATION,
    OTHER
  }
}
