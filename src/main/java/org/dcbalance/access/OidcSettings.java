package org.dcbalance.access;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of sign-ins at an OpenID provider. Without an issuer there are none.
 *
 * @param issuer address of the provider, to which "/.well-known/openid-configuration" is added
 * @param clientSecretFile file that holds the client's secret
 * @param label what the button calls the provider; its host where left out
 * @param scopes besides "openid"
 * @param nameClaim what people are called here, when they come for the first time
 * @param roleClaim where the provider says what somebody may do: a text or a list of them; dots
 *     lead into objects, as in "realm_access.roles"
 * @param roles values of that claim; the highest role that one of them gives counts
 * @param algorithm that the provider signs with
 * @param checkEvery how often the provider is asked for its configuration
 */
@Validated
@ConfigurationProperties("dcbalance.oidc")
record OidcSettings(
    @Nullable URI issuer,
    @Nullable String clientId,
    @Nullable String clientSecret,
    @Nullable Path clientSecretFile,
    @Nullable String label,
    @DefaultValue({"profile", "email"}) List<String> scopes,
    @DefaultValue("preferred_username") String nameClaim,
    @DefaultValue("groups") String roleClaim,
    @DefaultValue Roles roles,
    @DefaultValue("RS256") String algorithm,
    @DefaultValue("30s") @DurationMin(millis = 100) Duration checkEvery) {
  OidcSettings {
    scopes = List.copyOf(scopes);
  }

  /** Which values of the role claim give which role. */
  record Roles(
      @DefaultValue List<String> viewer,
      @DefaultValue List<String> operator,
      @DefaultValue List<String> administrator) {
    Roles {
      viewer = List.copyOf(viewer);
      operator = List.copyOf(operator);
      administrator = List.copyOf(administrator);
    }

    List<String> of(Role role) {
      return switch (role) {
        case VIEWER -> viewer;
        case OPERATOR -> operator;
        case ADMINISTRATOR -> administrator;
      };
    }
  }

  boolean wanted() {
    return issuer != null && !issuer.toString().isBlank();
  }

  /**
   * Give the client's id.
   *
   * @throws Problem if it is missing
   */
  String id() {
    if (clientId == null || clientId.isBlank()) {
      throw missing("DCBALANCE_OIDC_CLIENT_ID");
    }
    return clientId;
  }

  /**
   * Give the client's secret.
   *
   * @throws Problem if it is missing, or its file cannot be read
   */
  String secret() {
    Optional<String> given =
        AdminSettings.chosen("DCBALANCE_OIDC_CLIENT_SECRET", clientSecret, clientSecretFile);
    return given.orElseThrow(() -> missing("DCBALANCE_OIDC_CLIENT_SECRET"));
  }

  private static Problem missing(String name) {
    return new Problem(
        ErrorCode.BAD_REQUEST,
        name + " is not set, although DCBALANCE_OIDC_ISSUER is.",
        "Maybe register this console as a client of the provider, as docs/oidc.md tells.");
  }

  /** Tell whose sign-ins these are, never the secret. */
  @Override
  public String toString() {
    return "OidcSettings[" + issuer + "]";
  }
}
