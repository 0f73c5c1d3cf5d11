/** Secrets at rest: sealed with a key from a file outside the database, and never shown again. */
@NullMarked
package org.dcbalance.secret;

import org.jspecify.annotations.NullMarked;
