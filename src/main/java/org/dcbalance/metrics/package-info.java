/** What operators alert on, as metrics: the state of the fleet as the database has it. */
@NullMarked
package org.dcbalance.metrics;

import org.jspecify.annotations.NullMarked;
