package org.dcbalance.leadership;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the lease.
 *
 * @param lease how long the lease lasts unless it is renewed
 * @param renewal how often it is renewed
 */
@Validated
@ConfigurationProperties("dcbalance.leadership")
record LeadershipSettings(
    @DefaultValue("12s") @DurationMin(seconds = 1) Duration lease,
    @DefaultValue("3s") @DurationMin(millis = 100) Duration renewal) {}
