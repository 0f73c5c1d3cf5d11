package org.dcbalance.notification;

import java.net.URI;
import java.util.List;
import org.dcbalance.notification.Destination.Kind;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.jspecify.annotations.Nullable;

/**
 * What a destination is to be. Fields of the other kind are left out or empty.
 *
 * @param enabled true where left out
 * @param url where a webhook is; empty for the one that is kept of SLACK, whose address is a secret
 * @param payload what a webhook is sent; DCBALANCE where left out
 * @param signingSecret key of the webhook's signature, none for SLACK; empty for the one that is
 *     kept, or else a generated one
 * @param smtpPort 587, 465 or 25 where left out, as the security asks for
 * @param smtpPassword empty for the one that is kept
 */
public record Wanted(
    String name,
    @Nullable Kind kind,
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
    @Nullable List<String> recipients,
    @Nullable List<EventKind> events,
    @Nullable Severity leastSeverity) {
  /** Give the same with this address. */
  Wanted at(URI address) {
    return new Wanted(
        name,
        kind,
        enabled,
        address.toString(),
        payload,
        signingSecret,
        smtpHost,
        smtpPort,
        smtpSecurity,
        smtpUser,
        smtpPassword,
        sender,
        recipients,
        events,
        leastSeverity);
  }

  /** Tell what it is about, never the secrets. */
  @Override
  public String toString() {
    return "Wanted[" + name + ", " + kind + "]";
  }
}
