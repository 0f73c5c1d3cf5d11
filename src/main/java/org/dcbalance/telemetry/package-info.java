/** Collection, storage and retrieval of load samples. */
@NullMarked
package org.dcbalance.telemetry;

import org.jspecify.annotations.NullMarked;
