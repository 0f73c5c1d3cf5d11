package org.dcbalance.notification;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of notifications.
 *
 * @param allowedNetworks networks, as "127.0.0.1/32" or "fe80::/10", that receivers may lie in
 *     although their addresses are of a kind that is refused otherwise
 * @param consoleUrl where people reach this console, such as "https://dcbalance.example.org", for
 *     the links in messages; null for messages without links
 * @param deadline how long one attempt may take in all
 * @param giveUpAfter how long a message is tried again before it is given up
 * @param keep how long deliveries stay to be looked at
 */
@Validated
@ConfigurationProperties("dcbalance.notification")
record NotificationSettings(
    @DefaultValue List<String> allowedNetworks,
    @Nullable URI consoleUrl,
    @DefaultValue("20s") @DurationMin(millis = 100) Duration deadline,
    @DefaultValue("1d") @DurationMin(seconds = 1) Duration giveUpAfter,
    @DefaultValue("30d") @DurationMin(seconds = 1) Duration keep) {
  NotificationSettings {
    allowedNetworks = List.copyOf(allowedNetworks);
  }
}
