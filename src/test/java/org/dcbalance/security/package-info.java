/** Attacks on the running console, each refused: docs/security.md names them. */
@NullMarked
package org.dcbalance.security;

import org.jspecify.annotations.NullMarked;
