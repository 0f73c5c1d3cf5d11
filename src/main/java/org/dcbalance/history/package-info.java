/** The append-only records that later decisions refer to. */
@NullMarked
package org.dcbalance.history;

import org.jspecify.annotations.NullMarked;
