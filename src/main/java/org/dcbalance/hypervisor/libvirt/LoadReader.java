package org.dcbalance.hypervisor.libvirt;

import org.dcbalance.hypervisor.LoadReading;

/** Read all load counters of one host. */
interface LoadReader {
  LoadReading read();
}
