package org.dcbalance.migration;

/** Say that a migration was queued; the runner looks at the queue once that is committed. */
record MigrationQueued(long id) {}
