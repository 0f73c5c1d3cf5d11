package org.dcbalance.strategy;

import org.dcbalance.units.VmId;

/** Name a VM that was considered and not recommended, and why. */
public record PassedOver(VmId vm, String vmName, Reason reason) {}
