package org.dcbalance.recommendation;

import org.dcbalance.units.PoolId;

/** Say that it is known how a settled move turned out. */
public record MoveMeasured(PoolId pool, long recommendation) {}
