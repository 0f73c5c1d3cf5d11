package org.dcbalance.recommendation;

import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Say that a recommendation was approved. It is published inside the transaction that approves:
 * whoever queues the move does so in that transaction, or the approval fails with it.
 *
 * @param why the reason as operators read it
 * @param expectedMillis how long the move should take; null where nothing is expected
 * @param expectedDowntimeMillis the expected pause; null where nothing is expected
 * @param expectedBytes how much should be sent; null where nothing is expected
 * @param imbalanceBefore the pool's imbalance when the move was proposed, without the moves before
 *     it that nobody approved
 * @param imbalancePromised the imbalance that the move was to lead to
 */
public record RecommendationApproved(
    long recommendationId,
    PoolId pool,
    VmId vm,
    HostId source,
    HostId target,
    String why,
    Operator by,
    @Nullable Long expectedMillis,
    @Nullable Long expectedDowntimeMillis,
    @Nullable Long expectedBytes,
    @Nullable Double imbalanceBefore,
    @Nullable Double imbalancePromised) {}
