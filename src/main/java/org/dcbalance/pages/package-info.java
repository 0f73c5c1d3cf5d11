/**
 * The pages that people see: per kind of page one controller, named …Pages, and beside it the
 * records that its template reads. They join what the other modules know; nothing depends on them.
 */
@NullMarked
package org.dcbalance.pages;

import org.jspecify.annotations.NullMarked;
