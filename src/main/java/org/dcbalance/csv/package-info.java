/** Tables as comma-separated values. */
@NullMarked
package org.dcbalance.csv;

import org.jspecify.annotations.NullMarked;
