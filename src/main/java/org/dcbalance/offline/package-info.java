/** The core without server or database: decide on a pool that a text file describes. */
@NullMarked
package org.dcbalance.offline;

import org.jspecify.annotations.NullMarked;
