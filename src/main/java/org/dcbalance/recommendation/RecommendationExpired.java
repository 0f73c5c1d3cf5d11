package org.dcbalance.recommendation;

/** Say that nobody decided on a recommendation in time. Published in the round's transaction. */
public record RecommendationExpired(Recommendation move) {}
