package org.dcbalance.access;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of sign-ins.
 *
 * @param session how long a session lasts after its last request
 * @param longest how long it lasts after the sign-in, whatever is requested
 */
@ConfigurationProperties("dcbalance.sign-in")
record SignInSettings(
    @DefaultValue("10h") Duration session, @DefaultValue("24h") Duration longest) {}
