package org.dcbalance.notification;

import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.secret.Secrets;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Component;

/**
 * Send one message to one destination, with its secret, which is opened for as long as it takes.
 */
@Component
class Sending {
  private final WebhookSender webhooks;
  private final MailSender mails;
  private final Secrets secrets;
  private final SecretAddresses addresses;

  Sending(WebhookSender webhooks, MailSender mails, Secrets secrets, SecretAddresses addresses) {
    this.webhooks = webhooks;
    this.mails = mails;
    this.secrets = secrets;
    this.addresses = addresses;
  }

  Outcome send(Destination to, Message message) {
    try {
      return switch (to.target()) {
        case Webhook webhook when webhook.secret() ->
            addresses
                .whole(to)
                .map(whole -> webhooks.send(whole, null, message))
                .orElseGet(() -> Outcome.failed("Its address is missing."));
        case Webhook webhook ->
            secrets
                .open(to.signingPlace())
                .map(key -> webhooks.send(webhook, key, message))
                .orElseGet(() -> Outcome.failed("Its signing secret is missing."));
        case Mail mail ->
            mail.user() == null
                ? mails.send(mail, null, message)
                : secrets
                    .open(to.passwordPlace())
                    .map(password -> mails.send(mail, password, message))
                    .orElseGet(() -> Outcome.failed("Its password is missing."));
      };
    } catch (Problem sealed) {
      return Outcome.failed(sealed.sentence());
    }
  }
}
