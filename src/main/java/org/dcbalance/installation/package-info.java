/** Whether this database is the one that its consoles have worked with, so that they may act. */
@NullMarked
package org.dcbalance.installation;

import org.jspecify.annotations.NullMarked;
