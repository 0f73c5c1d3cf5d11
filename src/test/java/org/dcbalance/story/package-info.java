/** Whole stories with a console as users start it, on real hosts and in a real browser. */
@NullMarked
package org.dcbalance.story;

import org.jspecify.annotations.NullMarked;
