package org.dcbalance.leadership;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the lease.
 *
 * @param lease how long the lease lasts unless it is renewed
 * @param renewal how often it is renewed
 */
@ConfigurationProperties("dcbalance.leadership")
record LeadershipSettings(
    @DefaultValue("12s") Duration lease, @DefaultValue("3s") Duration renewal) {}
