/** The port to the hypervisors: the only way by which the console reaches a host. */
@NullMarked
package org.dcbalance.hypervisor;

import org.jspecify.annotations.NullMarked;
