package org.dcbalance.database;

/**
 * Tell what kind of database this console works with.
 *
 * @param embedded whether it is the console's own, below its data folder
 */
public record DatabaseKind(boolean embedded) {}
