/** What several tests share. */
@NullMarked
package org.dcbalance.testing;

import org.jspecify.annotations.NullMarked;
