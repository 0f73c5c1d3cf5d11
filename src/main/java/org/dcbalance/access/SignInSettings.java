package org.dcbalance.access;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of sign-ins.
 *
 * @param session how long a session lasts after its last request
 * @param longest how long it lasts after the sign-in, whatever is requested
 */
@Validated
@ConfigurationProperties("dcbalance.sign-in")
record SignInSettings(
    @DefaultValue("10h") @DurationMin(minutes = 1) Duration session,
    @DefaultValue("24h") @DurationMin(minutes = 1) Duration longest) {}
