/** What crosses modules: overview, layout, live stream and errors. */
@NullMarked
package org.dcbalance.console;

import org.jspecify.annotations.NullMarked;
