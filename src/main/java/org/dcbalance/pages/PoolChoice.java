package org.dcbalance.pages;

import org.dcbalance.units.PoolId;

/** A pool as pickers offer it. */
record PoolChoice(PoolId id, String name, boolean simulated, int hosts, boolean paused) {}
