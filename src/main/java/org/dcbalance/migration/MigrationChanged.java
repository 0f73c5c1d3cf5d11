package org.dcbalance.migration;

/** Say, after the commit, that a migration's state, phase or sentence changed. */
public record MigrationChanged(long id) {}
