/** DCbalance: collect, store, decide, propose, approve, execute, record, report. */
@NullMarked
package org.dcbalance;

import org.jspecify.annotations.NullMarked;
