/**
 * A pool of hosts that exists in this console alone: what a newcomer sees with nothing configured.
 *
 * <p>Its guests have memory that is changed and copied block by block, so that the passes and the
 * pause of a migration come out of the mechanics and not of the formula that plans it.
 */
@NullMarked
@NamedInterface("simulated")
package org.dcbalance.hypervisor.simulated;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.NamedInterface;
