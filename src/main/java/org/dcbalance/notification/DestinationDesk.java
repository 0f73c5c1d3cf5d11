package org.dcbalance.notification;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.LastChange;
import org.dcbalance.audit.Thing;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.Target;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.secret.Secrets;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Add, change, remove and try destinations, at an administrator's word. */
@Component
public class DestinationDesk {
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][^\\p{Cntrl}]{0,62}");
  private static final int SHORTEST_KEY = 16;
  private static final int LONGEST_SECRET = 1000;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Destinations destinations;
  private final Secrets secrets;
  private final SecretAddresses addresses;
  private final AddressGuard guard;
  private final AuditLog audit;
  private final LastChange last;

  DestinationDesk(
      Destinations destinations,
      Secrets secrets,
      SecretAddresses addresses,
      AddressGuard guard,
      AuditLog audit,
      LastChange last) {
    this.destinations = destinations;
    this.secrets = secrets;
    this.addresses = addresses;
    this.guard = guard;
    this.audit = audit;
    this.last = last;
  }

  /**
   * A destination that was stored.
   *
   * @param signingSecret the key that was generated for it, told this once; null if none was
   */
  public record Stored(Destination destination, @Nullable String signingSecret) {
    /** Tell which one it is, never the key. */
    @Override
    public String toString() {
      return "Stored[" + destination.name() + "]";
    }
  }

  /**
   * A destination with what is known of its secret.
   *
   * @param secret since when it has one, and who set it; null if it has none
   */
  public record Known(Destination destination, Secrets.@Nullable Kept secret) {
    /** Tell whether its address is a secret, and in clear text until it is saved again. */
    public boolean inClear() {
      return destination.target() instanceof Webhook webhook && SecretAddresses.inClear(webhook);
    }
  }

  public List<Known> all() {
    return destinations.all().stream().map(this::known).toList();
  }

  /**
   * Find one.
   *
   * @throws Problem NOT_FOUND if there is none
   */
  public Known find(long id) {
    return known(require(id));
  }

  private Known known(Destination destination) {
    return new Known(destination, secrets.about(place(destination)).orElse(null));
  }

  private static String place(Destination destination) {
    return switch (destination.target()) {
      case Webhook webhook when webhook.secret() -> destination.addressPlace();
      case Webhook _ -> destination.signingPlace();
      case Mail _ -> destination.passwordPlace();
    };
  }

  /**
   * Add a destination.
   *
   * @throws Problem with the sentence that says why not
   */
  @Transactional
  public Stored add(Wanted wanted, Operator by) {
    var fresh = read(0, wanted);
    var id = destinations.add(fresh, by).orElseThrow(() -> taken(fresh.name()));
    var stored = require(id);
    var generated = keepSecret(stored, wanted, null, by);
    audit.note(by, Act.DESTINATION_ADDED, thing(stored), Facts.NONE, facts(stored));
    return new Stored(stored, generated);
  }

  /**
   * Change a destination into what is wanted; a secret that is left out stays.
   *
   * @param seen the version that was shown; null not to ask for it
   * @throws Problem CONFLICT if the destination was changed since; else with the sentence that says
   *     why not
   */
  @Transactional
  public Stored change(long id, @Nullable Long seen, Wanted wanted, Operator by) {
    var before = destinations.hold(id).orElseThrow(() -> unknown(id));
    last.requireSeen(thing(before), seen, before.version(), Act.DESTINATION_CHANGED);
    var after = read(id, withKeptAddress(wanted, before));
    if (before.kind() != after.kind()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          before.name() + " stays what it is: a webhook does not become an e-mail, nor back.",
          "Maybe add another destination and remove this one.");
    }
    if (destinations.taken(after.name(), id)) {
      throw taken(after.name());
    }
    var kept = secrets.about(place(before)).orElse(null);
    destinations.update(after);
    var stored = require(id);
    var generated = keepSecret(stored, wanted, before.target(), by);
    boolean renewed = !Objects.equals(kept, secrets.about(place(stored)).orElse(null));
    audit.change(
        by,
        Act.DESTINATION_CHANGED,
        thing(stored),
        facts(before),
        renewed ? facts(stored).and("secret", "set anew") : facts(stored));
    return new Stored(stored, generated);
  }

  /** An address that is a secret is not shown, so one that is left out stays. */
  private Wanted withKeptAddress(Wanted wanted, Destination before) {
    return wanted.payload() == Payload.SLACK
            && text(wanted.url()).isEmpty()
            && before.target() instanceof Webhook webhook
            && webhook.secret()
        ? addresses.whole(before).map(Webhook::url).map(wanted::at).orElse(wanted)
        : wanted;
  }

  /**
   * Switch it on or off; what waits for one that is off, waits.
   *
   * @throws Problem NOT_FOUND if there is none
   */
  @Transactional
  public Destination enable(long id, boolean enabled, Operator by) {
    var before = require(id);
    var after =
        new Destination(
            id,
            before.name(),
            enabled,
            before.target(),
            before.events(),
            before.least(),
            before.version() + 1);
    destinations.enable(id, enabled);
    audit.change(by, Act.DESTINATION_CHANGED, thing(after), facts(before), facts(after));
    return after;
  }

  /**
   * Remove it with its secret and its deliveries.
   *
   * @throws Problem NOT_FOUND if there is none
   */
  @Transactional
  public Destination remove(long id, Operator by) {
    var gone = require(id);
    destinations.remove(id);
    secrets.forget(gone.signingPlace());
    secrets.forget(gone.passwordPlace());
    secrets.forget(gone.addressPlace());
    audit.note(by, Act.DESTINATION_REMOVED, thing(gone), facts(gone), Facts.NONE);
    return gone;
  }

  private @Nullable String keepSecret(
      Destination stored, Wanted wanted, @Nullable Target before, Operator by) {
    return switch (stored.target()) {
      case Webhook webhook when webhook.secret() -> {
        if (!text(wanted.signingSecret()).isEmpty()) {
          throw new Problem(
              ErrorCode.BAD_REQUEST,
              "Slack and Mattermost check no signature: the address is the secret.",
              "Maybe leave the signing secret empty.");
        }
        secrets.forget(stored.signingPlace());
        keepAddress(stored, text(wanted.url()), before, by);
        yield null;
      }
      case Webhook _ -> {
        secrets.forget(stored.addressPlace());
        yield keepKey(stored, text(wanted.signingSecret()), by);
      }
      case Mail mail -> {
        // blanks may belong to it
        var given = Objects.requireNonNullElse(wanted.smtpPassword(), "");
        keepPassword(stored, mail, given, before, by);
        yield null;
      }
    };
  }

  private void keepAddress(Destination stored, String given, @Nullable Target before, Operator by) {
    if (!given.isEmpty()) {
      secrets.put(stored.addressPlace(), given, by);
    } else if (before instanceof Webhook webhook && SecretAddresses.inClear(webhook)) {
      secrets.put(stored.addressPlace(), webhook.url().toString(), by);
    }
  }

  private @Nullable String keepKey(Destination stored, String given, Operator by) {
    if (!given.isEmpty()) {
      if (given.length() < SHORTEST_KEY || given.length() > LONGEST_SECRET) {
        throw new Problem(
            ErrorCode.BAD_REQUEST,
            "A signing secret has %d to %d characters.".formatted(SHORTEST_KEY, LONGEST_SECRET),
            "Maybe leave it empty: a random one is made then.");
      }
      secrets.put(stored.signingPlace(), given, by);
      return null;
    }
    if (secrets.about(stored.signingPlace()).isPresent()) {
      return null;
    }
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    var key = "dcbw_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    secrets.put(stored.signingPlace(), key, by);
    return key;
  }

  /** A password is for one user at one server: whoever changes these has to know it. */
  private void keepPassword(
      Destination stored, Mail mail, String given, @Nullable Target before, Operator by) {
    if (mail.user() == null) {
      if (!given.isEmpty()) {
        throw new Problem(
            ErrorCode.BAD_REQUEST, "A password needs the user that it belongs to.", null);
      }
      secrets.forget(stored.passwordPlace());
    } else if (!given.isEmpty()) {
      if (given.length() > LONGEST_SECRET) {
        throw new Problem(
            ErrorCode.BAD_REQUEST,
            "A password has at most " + LONGEST_SECRET + " characters.",
            null);
      }
      secrets.put(stored.passwordPlace(), given, by);
    } else if (before == null || secrets.about(stored.passwordPlace()).isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "The password of " + mail.user() + " is missing.", null);
    } else if (!mail.sameServer(before)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The password that is kept was given for another server or user, and is not sent to"
              + " this one.",
          "Maybe give the password of " + mail.user() + " at " + mail.host() + ".");
    }
  }

  private Destination read(long id, Wanted wanted) {
    var name = text(wanted.name());
    if (!NAME.matcher(name).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A destination's name has 1 to 63 characters and begins with a letter or digit.",
          "Maybe name it after the team that it tells.");
    }
    var events = Objects.requireNonNullElse(wanted.events(), List.<EventKind>of());
    if (events.isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          name + " would be told nothing.",
          "Maybe choose at least one event.");
    }
    secrets.requireKey();
    return new Destination(
        id,
        name,
        !Boolean.FALSE.equals(wanted.enabled()),
        WantedTarget.read(wanted, guard),
        EnumSet.copyOf(events),
        Objects.requireNonNullElse(wanted.leastSeverity(), Severity.INFO),
        0);
  }

  private Destination require(long id) {
    return destinations.find(id).orElseThrow(() -> unknown(id));
  }

  private static Problem unknown(long id) {
    return new Problem(
        ErrorCode.NOT_FOUND, "There is no destination " + id + ".", "Maybe somebody removed it.");
  }

  private static Problem taken(String name) {
    return new Problem(
        ErrorCode.CONFLICT,
        "There is a destination named " + name + " already.",
        "Maybe choose another name.");
  }

  private static Thing thing(Destination destination) {
    return Thing.destination(destination.id(), destination.name());
  }

  private static Facts facts(Destination destination) {
    var facts =
        Facts.of("name", destination.name())
            .and("enabled", destination.enabled())
            .and("to", noted(destination.target()));
    if (destination.target() instanceof Webhook(_, Payload payload)
        && payload != Payload.DCBALANCE) {
      facts = facts.and("payload", payload);
    }
    if (destination.target() instanceof Mail mail) {
      facts =
          facts
              .and("server", mail.host() + ":" + mail.port())
              .and("security", mail.security())
              .and("user", mail.user())
              .and("sender", mail.sender());
    }
    return facts
        .and("events", destination.events().stream().map(EventKind::words).sorted().toList())
        .and("least severity", destination.least().words());
  }

  /**
   * A webhook's path may be its key, as may its query: the log, which nobody can shorten, gets the
   * host, and of the whole a part of its hash, which tells that it was changed.
   */
  private static String noted(Destination.Target target) {
    if (!(target instanceof Destination.Webhook(var url, var payload))
        || payload == Payload.SLACK) {
      return target.where();
    }
    try {
      var hash =
          MessageDigest.getInstance("SHA-256")
              .digest(url.toString().getBytes(StandardCharsets.UTF_8));
      return "%s://%s/… (%s)"
          .formatted(url.getScheme(), url.getRawAuthority(), HexFormat.of().formatHex(hash, 0, 4));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  private static String text(@Nullable String typed) {
    return typed == null ? "" : typed.strip();
  }
}
