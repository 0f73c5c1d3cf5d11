package org.dcbalance.notification;

import java.net.URI;
import java.util.Optional;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.secret.Secrets;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Keep the addresses of Slack and Mattermost, which are the keys to their channels, sealed as other
 * secrets are. Those that an earlier version stored in clear text are sealed at the start.
 */
@Component
class SecretAddresses implements SmartInitializingSingleton {
  private static final Logger log = LoggerFactory.getLogger(SecretAddresses.class);

  private final Destinations destinations;
  private final Secrets secrets;
  private final TransactionOperations transaction;

  SecretAddresses(Destinations destinations, Secrets secrets, TransactionOperations transaction) {
    this.destinations = destinations;
    this.secrets = secrets;
    this.transaction = transaction;
  }

  @Override
  public void afterSingletonsInstantiated() {
    sealAll();
  }

  void sealAll() {
    try {
      transaction.executeWithoutResult(status -> destinations.all().forEach(this::seal));
    } catch (Problem e) {
      // there is no key: what was stored in clear text stays so, and is used
      log.warn("Addresses of Slack and Mattermost are not sealed: {}", e.sentence());
    }
  }

  private void seal(Destination destination) {
    if (destination.target() instanceof Webhook webhook && inClear(webhook)) {
      secrets.put(destination.addressPlace(), webhook.url().toString(), Operator.DCBALANCE);
      destinations.update(destination);
      log.info("Sealed the address of the destination {}.", destination.name());
    }
  }

  /** Tell whether the row has the whole of an address that is a secret. */
  static boolean inClear(Webhook webhook) {
    return !webhook.url().equals(webhook.clear());
  }

  /**
   * Give the webhook with the whole of an address that is a secret.
   *
   * @return empty where that is missing
   * @throws Problem if it was sealed with a key that this console has not
   */
  Optional<Webhook> whole(Destination destination) {
    if (!(destination.target() instanceof Webhook webhook)) {
      return Optional.empty();
    }
    return inClear(webhook)
        ? Optional.of(webhook)
        : secrets
            .open(destination.addressPlace())
            .map(url -> new Webhook(URI.create(url), webhook.payload()));
  }
}
