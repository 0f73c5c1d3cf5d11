package org.dcbalance.notification;

import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message.RecipientType;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Send messages by a mail server, at the address that the guard looked at. */
@Component
class MailSender {
  private static final String CONNECTING_MILLIS = "5000";
  private static final String SILENCE_MILLIS = "10000";

  /** How servers begin what they refuse with (RFC 5321, section 4.2). */
  private static final Pattern CODE = Pattern.compile("([45][0-9]{2})[ -]");

  private final AddressGuard guard;
  private final Duration deadline;

  MailSender(AddressGuard guard, NotificationSettings settings) {
    this.guard = guard;
    this.deadline = settings.deadline();
  }

  /**
   * Send the message, now, and say what came of it.
   *
   * @param password null where the server asks for none
   */
  Outcome send(Mail to, @Nullable String password, Message message) {
    var where = to.host() + ":" + to.port();
    try (var sockets = new PinnedSockets(guard.addresses(to.host()), deadline)) {
      boolean taken = false;
      try {
        var session = Session.getInstance(properties(to, sockets));
        var mail = mail(session, to, message);
        try (var transport = session.getTransport("smtp")) {
          transport.connect(to.host(), to.port(), to.user(), password);
          transport.sendMessage(mail, mail.getAllRecipients());
          taken = true;
        }
        return Outcome.delivered(where + " took it.");
      } catch (MessagingException e) {
        if (taken) {
          // it was only the goodbye that failed: sent again, the message would come twice
          return Outcome.delivered(where + " took it.");
        }
        return Outcome.failed(
            sockets.late()
                ? "%s did not finish within %d s.".formatted(where, deadline.toSeconds())
                : trouble(where, to, e));
      }
    } catch (UnknownHostException e) {
      return Outcome.failed(to.host() + " is not known: the name has no address.");
    } catch (Problem refused) {
      return Outcome.failed(refused.sentence());
    }
  }

  private static Properties properties(Mail to, PinnedSockets sockets) {
    var properties = new Properties();
    properties.put("mail.smtp.socketFactory", sockets);
    // otherwise a failure is tried again past the pinned address
    properties.put("mail.smtp.socketFactory.fallback", "false");
    properties.put("mail.smtp.connectiontimeout", CONNECTING_MILLIS);
    properties.put("mail.smtp.timeout", SILENCE_MILLIS);
    properties.put("mail.smtp.writetimeout", SILENCE_MILLIS);
    properties.put("mail.smtp.auth", Boolean.toString(to.user() != null));
    properties.put("mail.smtp.from", to.sender());
    properties.put("mail.smtp.ssl.checkserveridentity", "true");
    properties.put("mail.smtp.ssl.enable", Boolean.toString(to.security() == SmtpSecurity.TLS));
    var starts = Boolean.toString(to.security() == SmtpSecurity.STARTTLS);
    properties.put("mail.smtp.starttls.enable", starts);
    properties.put("mail.smtp.starttls.required", starts);
    return properties;
  }

  private static MimeMessage mail(Session session, Mail to, Message message)
      throws MessagingException {
    var mail = new MimeMessage(session);
    mail.setFrom(new InternetAddress(to.sender()));
    for (var recipient : to.recipients()) {
      mail.addRecipient(RecipientType.TO, new InternetAddress(recipient));
    }
    mail.setSubject(subject(message), StandardCharsets.UTF_8.name());
    mail.setText(text(message), StandardCharsets.UTF_8.name());
    mail.setSentDate(Date.from(message.at()));
    // no answers of absent people, please
    mail.setHeader("Auto-Submitted", "auto-generated");
    mail.setHeader("X-DCbalance-Event", message.event());
    mail.setHeader("X-DCbalance-Delivery", message.id().toString());
    return mail;
  }

  /** One line, whatever names are in it: a line break would begin another header. */
  static String subject(Message message) {
    var line =
        "[DCbalance] %s: %s"
            .formatted(message.title(), message.sentence())
            .replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]+", " ");
    return line.length() <= 120 ? line : line.substring(0, 119) + "…";
  }

  private static String text(Message message) {
    var pool = message.pool();
    var link = message.link();
    return message.sentence()
        + "\n\n"
        + "Severity: "
        + message.severity().words()
        + "\n"
        + (pool == null ? "" : "Pool: " + pool.name() + "\n")
        + "At: "
        + message.at()
        + "\n"
        + (link == null ? "" : "\n" + link + "\n");
  }

  /** Word what went wrong; of what the server wrote, its code alone. */
  private static String trouble(String where, Mail to, MessagingException e) {
    if (e instanceof AuthenticationFailedException) {
      return "%s refused the user %s or the password.".formatted(where, to.user());
    }
    for (Throwable t = e; t != null; t = next(t)) {
      switch (t) {
        case SSLException tls -> {
          return "The TLS connection to %s failed: %s".formatted(where, tls.getMessage());
        }
        case SocketTimeoutException _ -> {
          return where + " did not answer in time.";
        }
        case ConnectException _ -> {
          return where + " cannot be reached: nothing answers there.";
        }
        default -> {
          var code = CODE.matcher(String.valueOf(t.getMessage()));
          if (code.lookingAt()) {
            return "%s refused the message%s with %s."
                .formatted(where, recipients(t), code.group(1));
          }
        }
      }
    }
    if (to.security() == SmtpSecurity.STARTTLS
        && String.valueOf(e.getMessage()).contains("STARTTLS is required")) {
      return where + " offers no STARTTLS, and nothing is sent without it.";
    }
    return e instanceof SendFailedException
        ? where + " did not take the message."
        : "The connection to " + where + " broke, or no mail server answers there.";
  }

  private static String recipients(Throwable t) {
    return t instanceof SendFailedException refused && refused.getInvalidAddresses() != null
        ? Arrays.stream(refused.getInvalidAddresses())
            .map(Address::toString)
            .collect(Collectors.joining(", ", " to ", ""))
        : "";
  }

  private static @Nullable Throwable next(Throwable t) {
    return t instanceof MessagingException mail && mail.getNextException() != null
        ? mail.getNextException()
        : t.getCause();
  }
}
