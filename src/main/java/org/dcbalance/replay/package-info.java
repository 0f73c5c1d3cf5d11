/**
 * Play recorded load to strategies and count what came of it: the one model behind the command
 * {@code replay}, the preview of settings and the report on strategies. It knows no database.
 */
@NullMarked
package org.dcbalance.replay;

import org.jspecify.annotations.NullMarked;
