package org.dcbalance.migration;

/** Say, after the commit, that a running migration has newer progress numbers. */
public record MigrationProgressed(long id) {}
