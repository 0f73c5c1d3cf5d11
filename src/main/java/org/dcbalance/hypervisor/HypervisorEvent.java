package org.dcbalance.hypervisor;

import java.time.Instant;
import java.util.UUID;

/** Tell what happened on a host without having been asked. */
public sealed interface HypervisorEvent {
  Instant at();

  /** A guest was started, stopped, suspended, resumed, defined or removed. */
  record GuestChanged(Instant at, UUID guest, String what) implements HypervisorEvent {
    /** What is said on the target as soon as a guest that was migrated runs there. */
    public static final String RESUMED_BY_MIGRATION = "resumed by a migration";
  }

  /** A migration began another pass over memory. */
  record MigrationIteration(Instant at, UUID guest, int iteration) implements HypervisorEvent {}

  /** A migration job ended, with its figures. */
  record JobCompleted(Instant at, UUID guest, MigrationFigures figures)
      implements HypervisorEvent {}

  /** The connection was made (again). */
  record Connected(Instant at) implements HypervisorEvent {}

  /** The connection was lost. */
  record Disconnected(Instant at, String reason) implements HypervisorEvent {}
}
