package org.dcbalance.access;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Hand out API tokens and take them back. */
@Component
public class Keys {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final int LONGEST_DAYS = 3650;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ApiTokens tokens;
  private final AuditLog audit;
  private final Clock clock;

  Keys(ApiTokens tokens, AuditLog audit, Clock clock) {
    this.tokens = tokens;
    this.audit = audit;
    this.clock = clock;
  }

  /** A new token with its secret, which is told this once. */
  public record Fresh(ApiToken token, String secret) {
    /** Tell which token it is, never the secret. */
    @Override
    public String toString() {
      return "Fresh[" + token.name() + "]";
    }
  }

  public List<ApiToken> all() {
    return tokens.all();
  }

  /**
   * Make a token.
   *
   * @param days how long it holds; null for until it is revoked
   * @throws Problem with the sentence that says why not
   */
  @Transactional
  public Fresh add(String name, Role role, boolean readOnly, @Nullable Integer days, Operator by) {
    if (!NAME.matcher(name).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A token's name has 1 to 63 letters, digits, dots, hyphens or underscores.",
          "Maybe name it after the program that will use it.");
    }
    if (days != null && (days < 1 || days > LONGEST_DAYS)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A token holds for 1 to " + LONGEST_DAYS + " days, not " + days + ".",
          "Maybe choose 90.");
    }
    var expires = days == null ? null : expiry(days);
    var secret = secret();
    if (name.equals(FirstAdministrator.TOKEN_NAME)
        || !tokens.add(name, secret, role, readOnly, expires, by.name())) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "There is a token named " + name + " already.",
          "Maybe revoke that one first, or choose another name.");
    }
    audit.note(
        by,
        Act.TOKEN_ADDED,
        Thing.token(name),
        Facts.NONE,
        Facts.of("role", role.word()).and("read only", readOnly).and("until", expires));
    return new Fresh(tokens.named(name).orElseThrow(), secret);
  }

  /**
   * Revoke a token, at once.
   *
   * @throws Problem if there is none, or if it is set from outside
   */
  @Transactional
  public void revoke(String name, Operator by) {
    if (name.equals(FirstAdministrator.TOKEN_NAME)) {
      throw new Problem(
          ErrorCode.REFUSED,
          "This token is set by DCBALANCE_ADMIN_TOKEN and would come back with the next start.",
          "Maybe unset it there and start the console again.");
    }
    if (!tokens.remove(name)) {
      throw new Problem(ErrorCode.NOT_FOUND, "There is no token named " + name + ".", null);
    }
    audit.note(by, Act.TOKEN_REMOVED, Thing.token(name));
  }

  private Instant expiry(int days) {
    return clock.instant().plus(Duration.ofDays(days));
  }

  private static String secret() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    // the beginning tells people and scanners of leaked secrets what it is
    return "dcb_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
