package org.dcbalance.inventory;

import org.dcbalance.units.PoolId;

/** Say that a pool or its policy changed. */
public record PoolChanged(PoolId pool) {}
