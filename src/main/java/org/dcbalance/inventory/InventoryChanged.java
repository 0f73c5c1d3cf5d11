package org.dcbalance.inventory;

import org.dcbalance.units.HostId;

/** Say that something about a host or its VMs changed. */
public record InventoryChanged(HostId host) {}
