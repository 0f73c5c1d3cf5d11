/** Hosts that are being emptied: all their guests are moved elsewhere, as one operation. */
@NullMarked
package org.dcbalance.evacuation;

import org.jspecify.annotations.NullMarked;
