/** Pools, hosts and virtual machines as the hypervisors show them. */
@NullMarked
package org.dcbalance.inventory;

import org.jspecify.annotations.NullMarked;
