/** The adapter to real hosts: QEMU and Xen through libvirt. Types of libvirt stop here. */
@NullMarked
package org.dcbalance.hypervisor.libvirt;

import org.jspecify.annotations.NullMarked;
