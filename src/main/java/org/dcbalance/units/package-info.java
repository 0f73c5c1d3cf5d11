/** Ids and measured quantities that every module speaks in. */
@NullMarked
package org.dcbalance.units;

import org.jspecify.annotations.NullMarked;
