package org.dcbalance.hypervisor.simulated;

import org.dcbalance.units.Memory;

/** Lay out one host of the simulated pool. */
record HostPlan(String name, int cores, Memory memory) {}
