package org.dcbalance.notification;

import java.net.URI;
import java.util.Optional;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.secret.Secrets;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Component;

/**
 * Find the addresses of Slack and Mattermost, which are the keys to their channels and sealed as
 * other secrets are. Those that an earlier version stored in clear text are used as they are until
 * somebody saves them: a console of that version could not send to a sealed one.
 */
@Component
class SecretAddresses {
  private final Secrets secrets;

  SecretAddresses(Secrets secrets) {
    this.secrets = secrets;
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
