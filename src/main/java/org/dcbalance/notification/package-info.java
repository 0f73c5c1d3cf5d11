/**
 * Tell people and programs outside the console what happened: events become rows, and rows are
 * sent, by webhook or e-mail, by whichever console takes them.
 */
@NullMarked
package org.dcbalance.notification;

import org.jspecify.annotations.NullMarked;
