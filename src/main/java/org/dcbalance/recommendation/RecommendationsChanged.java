package org.dcbalance.recommendation;

import org.dcbalance.units.PoolId;

/** Say that recommendations of a pool appeared or were decided. */
public record RecommendationsChanged(PoolId pool) {}
