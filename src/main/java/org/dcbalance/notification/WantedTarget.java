package org.dcbalance.notification;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.dcbalance.notification.Destination.Target;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/** Read where messages are to go, and refuse what cannot or must not be sent to. */
final class WantedTarget {
  private static final int LONGEST_URL = 2000;
  private static final int MOST_RECIPIENTS = 50;
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:_\\[\\]-]{1,253}");
  private static final Pattern MAILBOX =
      Pattern.compile("[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}");

  private WantedTarget() {}

  /**
   * Read it.
   *
   * @throws Problem with the sentence that says what is wrong
   */
  static Target read(Wanted wanted, AddressGuard guard) {
    var target =
        switch (wanted.kind()) {
          case WEBHOOK ->
              new Webhook(
                  address(text(wanted.url())),
                  Objects.requireNonNullElse(wanted.payload(), Payload.DCBALANCE));
          case EMAIL -> mail(wanted);
          case null -> throw bad("\"kind\" is missing.", "Maybe send WEBHOOK or EMAIL.");
        };
    var host =
        switch (target) {
          case Webhook webhook -> webhook.url().getHost();
          case Mail mail -> mail.host();
        };
    try {
      var _ = guard.addresses(host);
    } catch (UnknownHostException e) {
      // it may become known later; each attempt looks again
    }
    return target;
  }

  private static URI address(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw bad("The address of the webhook cannot be read.", "Maybe copy it again.");
    }
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if ((!scheme.equals("https") && !scheme.equals("http")) || url.length() > LONGEST_URL) {
      throw bad(
          "A webhook has an address that begins with https:// or http://, of at most "
              + LONGEST_URL
              + " characters.",
          "Maybe write https://hooks.example.org/dcbalance.");
    }
    if (uri.getRawUserInfo() != null) {
      throw bad(
          "The address of a webhook holds no user or password.",
          "Maybe let the receiver check the signature instead.");
    }
    if (uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65535) {
      throw bad(
          "The address of the webhook names no host, or a port that is none.",
          "Maybe write https://hooks.example.org/dcbalance.");
    }
    if (uri.getRawFragment() != null) {
      throw bad("The address of a webhook has no part after a #.", null);
    }
    return uri;
  }

  private static Mail mail(Wanted wanted) {
    var host = text(wanted.smtpHost());
    if (!HOST.matcher(host).matches()) {
      throw bad("The mail server needs a name or an address.", "Maybe write smtp.example.org.");
    }
    var security = Objects.requireNonNullElse(wanted.smtpSecurity(), SmtpSecurity.STARTTLS);
    int port = wanted.smtpPort() == null ? usual(security) : wanted.smtpPort();
    if (port < 1 || port > 65535) {
      throw bad("The mail server's port is between 1 and 65535.", "Maybe leave it empty.");
    }
    var user = text(wanted.smtpUser());
    if (security == SmtpSecurity.NONE && !user.isEmpty()) {
      throw bad(
          "Without TLS the password of " + user + " could be read on its way.",
          "Maybe choose STARTTLS, or leave user and password empty.");
    }
    var sender = text(wanted.sender());
    if (!MAILBOX.matcher(sender).matches()) {
      throw bad("The sender is no mail address.", "Maybe write dcbalance@example.org.");
    }
    var recipients =
        Objects.requireNonNullElse(wanted.recipients(), List.<String>of()).stream()
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .distinct()
            .toList();
    if (recipients.isEmpty() || recipients.size() > MOST_RECIPIENTS) {
      throw bad("An e-mail goes to 1 to " + MOST_RECIPIENTS + " addresses.", null);
    }
    for (var recipient : recipients) {
      if (!MAILBOX.matcher(recipient).matches()) {
        throw bad("\"" + recipient + "\" is no mail address.", "Maybe one to a line.");
      }
    }
    return new Mail(host, port, security, user.isEmpty() ? null : user, sender, recipients);
  }

  private static int usual(SmtpSecurity security) {
    return switch (security) {
      case STARTTLS -> 587;
      case TLS -> 465;
      case NONE -> 25;
    };
  }

  private static String text(@Nullable String typed) {
    return typed == null ? "" : typed.strip();
  }

  private static Problem bad(String sentence, @Nullable String advice) {
    return new Problem(ErrorCode.BAD_REQUEST, sentence, advice);
  }
}
