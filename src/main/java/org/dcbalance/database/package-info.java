/** The database: embedded PostgreSQL where none is configured, waiting for it, migrating it. */
@NullMarked
package org.dcbalance.database;

import org.jspecify.annotations.NullMarked;
