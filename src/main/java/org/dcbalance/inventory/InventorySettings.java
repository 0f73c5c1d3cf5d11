package org.dcbalance.inventory;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the inventory.
 *
 * @param period how often each host's guests are listed
 */
@Validated
@ConfigurationProperties("dcbalance.inventory")
record InventorySettings(@DefaultValue("5s") @DurationMin(millis = 100) Duration period) {}
