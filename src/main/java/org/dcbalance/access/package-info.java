/** Users, roles and API tokens. */
@NullMarked
package org.dcbalance.access;

import org.jspecify.annotations.NullMarked;
