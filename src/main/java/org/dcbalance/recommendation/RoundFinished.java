package org.dcbalance.recommendation;

import org.dcbalance.units.PoolId;

/** Say that a round is recorded. */
public record RoundFinished(PoolId pool, long round) {}
