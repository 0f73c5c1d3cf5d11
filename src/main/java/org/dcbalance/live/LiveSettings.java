package org.dcbalance.live;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of live pages.
 *
 * @param streamsPerUser how many streams of signals one user may hold at one console
 */
@Validated
@ConfigurationProperties("dcbalance.live")
record LiveSettings(@DefaultValue("64") @Min(1) int streamsPerUser) {}
