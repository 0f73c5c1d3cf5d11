package org.dcbalance.notification;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.notification.Destination.Kind;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Say who is told what, and how; for administrators. */
@RestController
@RequestMapping("/api/v1/notification-destinations")
class DestinationApi {
  private final DestinationDesk desk;
  private final Trial trial;
  private final Deliveries deliveries;

  DestinationApi(DestinationDesk desk, Trial trial, Deliveries deliveries) {
    this.desk = desk;
    this.trial = trial;
    this.deliveries = deliveries;
  }

  /**
   * A destination, without its secret.
   *
   * @param where where messages go, without anything secret
   * @param url where a webhook is; null for SLACK, whose address is the secret
   * @param inClear whether the address of one for SLACK is stored in clear text, as by an earlier
   *     version: saved again, it is sealed
   * @param secretSetAt since when its signing secret, password or secret address is kept; null if
   *     it has none
   * @param version that it is, for a change to tell what it has seen
   * @param signingSecret the key that was generated for it, in the answer that made it alone
   */
  record View(
      long id,
      String name,
      Kind kind,
      boolean enabled,
      String where,
      @Nullable String url,
      @Nullable Payload payload,
      @Nullable String smtpHost,
      @Nullable Integer smtpPort,
      @Nullable SmtpSecurity smtpSecurity,
      @Nullable String smtpUser,
      @Nullable String sender,
      List<String> recipients,
      List<EventKind> events,
      Severity leastSeverity,
      boolean inClear,
      @Nullable Instant secretSetAt,
      @Nullable String secretSetBy,
      long version,
      @Nullable String signingSecret) {
    static View of(DestinationDesk.Known known, @Nullable String signingSecret) {
      var destination = known.destination();
      var webhook = destination.target() instanceof Webhook w ? w : null;
      var mail = destination.target() instanceof Mail m ? m : null;
      var secret = known.secret();
      return new View(
          destination.id(),
          destination.name(),
          destination.kind(),
          destination.enabled(),
          destination.target().where(),
          webhook == null || webhook.secret() ? null : webhook.url().toString(),
          webhook == null ? null : webhook.payload(),
          mail == null ? null : mail.host(),
          mail == null ? null : mail.port(),
          mail == null ? null : mail.security(),
          mail == null ? null : mail.user(),
          mail == null ? null : mail.sender(),
          mail == null ? List.of() : mail.recipients(),
          destination.events().stream().sorted().toList(),
          destination.least(),
          known.inClear(),
          secret == null ? null : secret.at(),
          secret == null ? null : secret.by(),
          destination.version(),
          signingSecret);
    }

    /** Tell which one it is, never a key. */
    @Override
    public String toString() {
      return "View[" + name + "]";
    }
  }

  @Operation(summary = "List who is told when something happens.")
  @GetMapping
  Items<View> list() {
    return Items.all(desk.all().stream().map(known -> View.of(known, null)).toList());
  }

  @Operation(summary = "Show a destination, without its secret.")
  @GetMapping("/{id}")
  View show(@PathVariable long id) {
    return View.of(desk.find(id), null);
  }

  @Operation(
      summary = "Add a destination; the answer alone shows a signing key that was generated.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  View add(@RequestBody Wanted wanted, CurrentOperator me) {
    return view(desk.add(wanted, me.operator()));
  }

  @Operation(summary = "Make a destination what is wanted; a secret that is left out stays.")
  @PutMapping("/{id}")
  View change(
      @PathVariable long id,
      @RequestParam @Nullable Long version,
      @RequestBody Wanted wanted,
      CurrentOperator me) {
    return view(desk.change(id, version, wanted, me.operator()));
  }

  private View view(DestinationDesk.Stored stored) {
    return View.of(desk.find(stored.destination().id()), stored.signingSecret());
  }

  @Operation(summary = "Remove a destination.")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    desk.remove(id, me.operator());
  }

  @Operation(
      summary = "Send a test message at once; takes as long as the receiver does, at most 20 s.")
  @PostMapping("/{id}/test")
  Outcome test(@PathVariable long id, CurrentOperator me) {
    return trial.send(id, me.operator());
  }

  @Operation(summary = "List what was sent there, waits, or was given up, newest first.")
  @GetMapping("/{id}/deliveries")
  Items<Delivery> deliveries(@PathVariable long id, Cursor cursor) {
    var destination = desk.find(id).destination();
    return Items.page(
        deliveries.list(destination.id(), cursor.afterId().orElse(Long.MAX_VALUE), cursor.fetch()),
        cursor,
        Delivery::id);
  }
}
