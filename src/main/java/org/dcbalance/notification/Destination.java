package org.dcbalance.notification;

import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where messages go, and which.
 *
 * @param events what it is told
 * @param least the least severity that it is told
 * @param version how often it was changed
 */
public record Destination(
    long id,
    String name,
    boolean enabled,
    Target target,
    Set<EventKind> events,
    Severity least,
    long version) {
  public Destination {
    events = Set.copyOf(events);
  }

  /** How it is reached. */
  public sealed interface Target {
    /** Say where that is, without anything secret. */
    String where();
  }

  /** What a webhook is sent. */
  public enum Payload {
    /** All that is known, signed: docs/notifications.md has the form. */
    DCBALANCE,
    /** A text, as incoming webhooks of Slack and Mattermost take it. */
    SLACK
  }

  /**
   * A program that takes JSON by POST.
   *
   * @param url where it is; of one for SLACK that was stored, what leads to its host alone, since
   *     the whole is kept as a secret, unless an earlier version stored it
   */
  public record Webhook(URI url, Payload payload) implements Target {
    /** Tell whether the address as a whole is the key to the channel. */
    public boolean secret() {
      return payload == Payload.SLACK;
    }

    /** Give what may be stored and shown in clear. */
    URI clear() {
      return secret() ? URI.create(url.getScheme() + "://" + url.getRawAuthority()) : url;
    }

    /**
     * Leave out what follows a question mark, which often is a key; of an address that is a key as
     * a whole, leave the host.
     */
    @Override
    public String where() {
      if (secret()) {
        return clear() + "/…";
      }
      var shown = url.toString();
      int query = shown.indexOf('?');
      return query < 0 ? shown : shown.substring(0, query) + "?…";
    }
  }

  /**
   * Mailboxes, by a mail server.
   *
   * @param user null where the server asks for none
   */
  public record Mail(
      String host,
      int port,
      SmtpSecurity security,
      @Nullable String user,
      String sender,
      List<String> recipients)
      implements Target {
    public Mail {
      recipients = List.copyOf(recipients);
    }

    @Override
    public String where() {
      return String.join(", ", recipients);
    }

    /** Tell whether a password for the other one is meant for this one, too. */
    boolean sameServer(Target other) {
      return other instanceof Mail mail
          && mail.host.equalsIgnoreCase(host)
          && mail.port == port
          && mail.security == security
          && Objects.equals(mail.user, user);
    }
  }

  /** How the way to a mail server is protected. */
  public enum SmtpSecurity {
    /** Plain at first, then TLS, or no mail at all. */
    STARTTLS,
    /** TLS from the first byte. */
    TLS,
    /** Not at all; no password is sent then. */
    NONE
  }

  public enum Kind {
    WEBHOOK,
    EMAIL
  }

  public Kind kind() {
    return switch (target) {
      case Webhook _ -> Kind.WEBHOOK;
      case Mail _ -> Kind.EMAIL;
    };
  }

  String signingPlace() {
    return signingPlace(id);
  }

  String passwordPlace() {
    return passwordPlace(id);
  }

  String addressPlace() {
    return addressPlace(id);
  }

  static String addressPlace(long id) {
    return "notification/" + id + "/url";
  }

  static String signingPlace(long id) {
    return "notification/" + id + "/signing";
  }

  static String passwordPlace(long id) {
    return "notification/" + id + "/password";
  }
}
