package org.dcbalance.pages;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.dcbalance.notification.Destination;
import org.dcbalance.notification.Destination.Kind;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.notification.EventKind;
import org.dcbalance.notification.Severity;
import org.dcbalance.notification.Wanted;
import org.jspecify.annotations.Nullable;

/**
 * What was typed into the form of a destination; secrets are never shown again, not even to whoever
 * has just typed them.
 *
 * @param recipients one to a line, or apart by commas
 */
record DestinationForm(
    String name,
    Kind kind,
    boolean enabled,
    String url,
    Payload payload,
    String smtpHost,
    @Nullable Integer smtpPort,
    SmtpSecurity smtpSecurity,
    String smtpUser,
    String sender,
    String recipients,
    Set<EventKind> events,
    Severity leastSeverity) {
  /** What operators are woken for is chosen already. */
  static DestinationForm empty(Kind kind, Payload payload) {
    return new DestinationForm(
        "",
        kind,
        true,
        "",
        payload,
        "",
        null,
        SmtpSecurity.STARTTLS,
        "",
        "",
        "",
        EnumSet.complementOf(
            EnumSet.of(EventKind.MOVES_RECOMMENDED, EventKind.RECOMMENDATION_EXPIRED)),
        Severity.INFO);
  }

  static DestinationForm of(Destination destination) {
    var webhook = destination.target() instanceof Webhook w ? w : null;
    var mail = destination.target() instanceof Mail m ? m : null;
    return new DestinationForm(
        destination.name(),
        destination.kind(),
        destination.enabled(),
        webhook == null || webhook.secret() ? "" : webhook.url().toString(),
        webhook == null ? Payload.DCBALANCE : webhook.payload(),
        mail == null ? "" : mail.host(),
        mail == null ? null : mail.port(),
        mail == null ? SmtpSecurity.STARTTLS : mail.security(),
        mail == null ? "" : Objects.requireNonNullElse(mail.user(), ""),
        mail == null ? "" : mail.sender(),
        mail == null ? "" : String.join("\n", mail.recipients()),
        destination.events(),
        destination.least());
  }

  /** What a browser sends. */
  record Typed(
      @Nullable String name,
      Kind kind,
      @Nullable Boolean enabled,
      @Nullable String url,
      @Nullable Payload payload,
      @Nullable String signingSecret,
      @Nullable String smtpHost,
      @Nullable Integer smtpPort,
      @Nullable SmtpSecurity smtpSecurity,
      @Nullable String smtpUser,
      @Nullable String smtpPassword,
      @Nullable String sender,
      @Nullable String recipients,
      @Nullable List<EventKind> events,
      @Nullable Severity leastSeverity) {
    /** Tell what it is about, never the secrets. */
    @Override
    public String toString() {
      return "Typed[" + name + ", " + kind + "]";
    }

    Wanted wanted() {
      return new Wanted(
          text(name),
          kind,
          Boolean.TRUE.equals(enabled),
          url,
          payload,
          signingSecret,
          smtpHost,
          smtpPort,
          smtpSecurity,
          smtpUser,
          smtpPassword,
          sender,
          Arrays.asList(text(recipients).split("[\\s,;]+")),
          events,
          leastSeverity);
    }

    DestinationForm again() {
      return new DestinationForm(
          text(name),
          kind,
          Boolean.TRUE.equals(enabled),
          payload == Payload.SLACK ? "" : text(url),
          Objects.requireNonNullElse(payload, Payload.DCBALANCE),
          text(smtpHost),
          smtpPort,
          Objects.requireNonNullElse(smtpSecurity, SmtpSecurity.STARTTLS),
          text(smtpUser),
          text(sender),
          text(recipients),
          events == null ? Set.of() : Set.copyOf(events),
          Objects.requireNonNullElse(leastSeverity, Severity.INFO));
    }

    private static String text(@Nullable String typed) {
      return typed == null ? "" : typed.strip();
    }
  }
}
