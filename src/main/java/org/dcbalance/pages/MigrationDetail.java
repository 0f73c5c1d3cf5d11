package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.migration.MigrationRows;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * What the page of one migration tells.
 *
 * @param sentence what it waits for, what keeps it, or how it ended; null where there is nothing
 * @param place in the queue of its pool, from 1; null unless it is queued
 * @param method what is said of it where none is chosen yet, too
 * @param methodWhy why it is moved that way, and what was set for it; empty before that is decided
 * @param encrypted whether its memory is sent encrypted; null before it is sent
 * @param tone of that sentence: "ok", "warn" or "bad"
 * @param progress null unless it runs
 * @param cancellable whether it can still be taken out of the queue
 * @param closable whether an administrator may close it on their word
 * @param sampled whether there are progress numbers to draw
 * @param endBy when whoever asked for it wants it ended; null where nobody said
 * @param allowedUntil how long it may take by what is allowed for its VM; null where that is no
 *     limit, or comes after {@code endBy}
 * @param givenUntil when the console aborts it, unless that is one of the times before; null where
 *     it does not
 * @param copiesDisks whether disks are copied with it
 * @param attempt which attempt it is, and whether there will be another one
 * @param ordered whether its host was told to copy
 */
record MigrationDetail(
    long id,
    String state,
    @Nullable Integer place,
    VmId vmId,
    String vm,
    HostId fromId,
    String from,
    HostId toId,
    String to,
    String method,
    String methodWhy,
    @Nullable Boolean encrypted,
    String by,
    Instant askedAt,
    String why,
    @Nullable Long recommendationId,
    @Nullable String sentence,
    String tone,
    @Nullable RunningMigration progress,
    boolean cancellable,
    boolean closable,
    boolean sampled,
    @Nullable Instant endBy,
    @Nullable Instant allowedUntil,
    @Nullable Instant givenUntil,
    boolean copiesDisks,
    MigrationRows.Attempt attempt,
    boolean ordered) {

  /** Tell whether it has not ended, so that it may still become lost. */
  public boolean open() {
    return !MigrationState.valueOf(state).ended();
  }

  /** One step of the timeline; state is done, now, pending or failed. */
  record Step(String name, String state, @Nullable Instant at, @Nullable Duration took) {}

  /** A figure as expected and as measured, in words. */
  record Figure(String name, String expected, String measured, @Nullable String note) {}
}
