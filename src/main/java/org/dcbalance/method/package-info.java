/**
 * How one VM is moved: the choice of a method and its levers from what is known of the VM, the way
 * and the policy, and the control of a copy while it runs. Pure functions, like the strategies.
 */
@NullMarked
package org.dcbalance.method;

import org.jspecify.annotations.NullMarked;
