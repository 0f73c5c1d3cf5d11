/** Balancing rounds and the recommendations that come of them. */
@NullMarked
package org.dcbalance.recommendation;

import org.jspecify.annotations.NullMarked;
