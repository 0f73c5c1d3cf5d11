package org.dcbalance.inventory;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the inventory.
 *
 * @param period how often each host's guests are listed
 */
@ConfigurationProperties("dcbalance.inventory")
record InventorySettings(@DefaultValue("5s") Duration period) {}
