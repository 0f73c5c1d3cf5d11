/** Approved moves and the runner that carries them out. */
@NullMarked
package org.dcbalance.migration;

import org.jspecify.annotations.NullMarked;
