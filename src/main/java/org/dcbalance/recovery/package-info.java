/**
 * VMs of lost hosts: restored elsewhere from their checkpoints, and watched for when the host
 * returns.
 */
@NullMarked
package org.dcbalance.recovery;

import org.jspecify.annotations.NullMarked;
