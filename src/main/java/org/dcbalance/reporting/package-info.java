/** What the records tell: load charts with the moves marked on them, and reports. */
@NullMarked
package org.dcbalance.reporting;

import org.jspecify.annotations.NullMarked;
