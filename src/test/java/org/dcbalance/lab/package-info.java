/** The lab of real hosts, for tests. */
@NullMarked
package org.dcbalance.lab;

import org.jspecify.annotations.NullMarked;
