package org.dcbalance.notification;

import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened and that somebody may want to be told.
 *
 * @param pool null where it concerns none
 * @param sentence what happened, for people
 * @param path of the page that shows it
 */
record Happening(
    EventKind kind, Severity severity, @Nullable PoolId pool, String sentence, String path) {}
