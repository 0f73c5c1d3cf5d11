/**
 * Checkpoints: a VM's memory and disks of one instant, kept in a storage pool, and brought back.
 */
@NullMarked
package org.dcbalance.checkpoint;

import org.jspecify.annotations.NullMarked;
