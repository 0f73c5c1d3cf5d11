/** The balancing strategies: pure functions from a pool's recorded load to a decision. */
@NullMarked
package org.dcbalance.strategy;

import org.jspecify.annotations.NullMarked;
