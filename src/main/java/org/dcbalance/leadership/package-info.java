/** Which of several consoles on one database collects, decides and executes. */
@NullMarked
package org.dcbalance.leadership;

import org.jspecify.annotations.NullMarked;
