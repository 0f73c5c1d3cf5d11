/** The audit log: who did what, to what, from where, and what was refused. */
@NullMarked
package org.dcbalance.audit;

import org.jspecify.annotations.NullMarked;
