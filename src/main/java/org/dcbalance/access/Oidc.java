package org.dcbalance.access;

import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.stereotype.Component;

/**
 * Know the OpenID provider, if one is set: ask it for its configuration again and again, on a
 * thread of its own, so that neither a start nor a page waits for a provider that is away.
 */
@Component
public class Oidc implements SmartLifecycle {
  static final String REGISTRATION = "provider";
  static final String BEGIN = "/login/oidc";
  static final String BACK = "/login/oidc-back";

  private static final Logger log = LoggerFactory.getLogger(Oidc.class);

  private final OidcSettings settings;
  private final Clock clock;
  private volatile @Nullable ClientRegistration registration;
  private volatile @Nullable Instant awaySince;
  private volatile @Nullable Thread thread;

  Oidc(OidcSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    if (settings.wanted()) {
      // a setting that is missing stops the start, since no waiting would mend it
      var _ = settings.id() + settings.secret();
      awaySince = clock.instant();
    }
  }

  /**
   * What people are told of the provider.
   *
   * @param label what it is called
   * @param awaySince since when it does not answer as it should; null if it does
   * @param roleClaim where it says what somebody may do
   * @param roles values of that claim, by role
   */
  public record Status(
      URI issuer,
      String label,
      @Nullable Instant awaySince,
      String roleClaim,
      List<Mapping> roles) {
    public boolean available() {
      return awaySince == null;
    }
  }

  /** The values that give a role. */
  public record Mapping(Role role, List<String> values) {}

  /** Tell what is known of the provider; empty where none is set. */
  public Optional<Status> status() {
    var issuer = settings.issuer();
    if (issuer == null || !settings.wanted()) {
      return Optional.empty();
    }
    var label = settings.label();
    return Optional.of(
        new Status(
            issuer,
            label == null || label.isBlank() ? host(issuer) : label,
            awaySince,
            settings.roleClaim(),
            List.of(Role.values()).stream()
                .map(role -> new Mapping(role, settings.roles().of(role)))
                .toList()));
  }

  static String host(URI issuer) {
    return issuer.getHost() == null ? issuer.toString() : issuer.getHost();
  }

  OidcSettings settings() {
    return settings;
  }

  /** Give the client's registration; null while the provider was not heard of yet. */
  @Nullable ClientRegistration registration(String id) {
    return id.equals(REGISTRATION) ? registration : null;
  }

  private void ask(URI issuer) {
    try {
      registration =
          ClientRegistrations.fromIssuerLocation(issuer.toString())
              .registrationId(REGISTRATION)
              .clientId(settings.id())
              .clientSecret(settings.secret())
              .redirectUri("{baseUrl}" + BACK)
              .scope(scopes())
              .clientSettings(
                  ClientRegistration.ClientSettings.builder().requireProofKey(true).build())
              .build();
      if (awaySince != null) {
        log.info("People can sign in through {}.", issuer);
      }
      awaySince = null;
    } catch (RuntimeException e) {
      if (awaySince == null || registration == null) {
        log.warn("{} does not answer as an OpenID provider: {}", issuer, e.getMessage());
      }
      if (awaySince == null) {
        awaySince = clock.instant();
      }
    }
  }

  private Set<String> scopes() {
    var scopes = new LinkedHashSet<String>();
    scopes.add("openid");
    scopes.addAll(settings.scopes());
    return scopes;
  }

  @Override
  public void start() {
    var issuer = settings.issuer();
    if (issuer != null && settings.wanted()) {
      var fresh = Thread.ofVirtual().name("oidc-provider").unstarted(() -> askForEver(issuer));
      thread = fresh;
      fresh.start();
    }
  }

  private void askForEver(URI issuer) {
    try {
      while (thread == Thread.currentThread()) {
        ask(issuer);
        Thread.sleep(settings.checkEvery());
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    var running = thread;
    thread = null;
    if (running != null) {
      running.interrupt();
    }
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }
}
