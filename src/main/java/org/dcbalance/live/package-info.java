/** Signals that something has changed, from any console on the database to every open page. */
@NullMarked
package org.dcbalance.live;

import org.jspecify.annotations.NullMarked;
