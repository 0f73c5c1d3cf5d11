package org.dcbalance.access;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Keep the row of whoever signs in at the provider. It is found by issuer and subject; its name is
 * made when it is, and stays. The role is what the provider says, each time anew.
 */
@Component
class OidcUsers {
  private static final int LONGEST_NAME = 60;
  private static final int MOST_NAMESAKES = 1000;

  private final Users users;
  private final OpenSessions sessions;
  private final AuditLog audit;
  private final OidcSettings settings;

  OidcUsers(Users users, OpenSessions sessions, AuditLog audit, OidcSettings settings) {
    this.users = users;
    this.sessions = sessions;
    this.audit = audit;
    this.settings = settings;
  }

  /** Find or make the row, and give it the role. A user that is disabled here stays so. */
  @Transactional
  public User take(URI issuer, String subject, Map<String, Object> claims, Role role) {
    var known = users.find(issuer.toString(), subject);
    if (known.isEmpty()) {
      var name = add(wish(claims, subject, issuer), issuer, subject, role);
      audit.note(
          Operator.DCBALANCE,
          Act.USER_ADDED,
          Thing.user(name),
          Facts.NONE,
          Facts.of("role", role.word()).and("signs in through", issuer.toString()));
      return users.find(name).orElseThrow();
    }
    var user = known.get();
    if (user.role() == role) {
      return user;
    }
    users.setRole(user, role);
    audit.note(
        Operator.DCBALANCE,
        Act.USER_CHANGED,
        Thing.user(user.name()),
        Facts.of("role", user.role().word()),
        Facts.of("role", role.word()).and("because of", issuer.toString()));
    sessions.end(user.name());
    return users.find(user.name()).orElseThrow();
  }

  /** Sign out everywhere whoever has no role any more. */
  @Transactional
  public void lost(URI issuer, String subject) {
    users
        .find(issuer.toString(), subject)
        .map(User::name)
        .ifPresent(
            name -> {
              int ended = sessions.end(name);
              if (ended > 0) {
                audit.note(
                    Operator.DCBALANCE,
                    Act.SESSIONS_ENDED,
                    Thing.user(name),
                    Facts.of("sessions", ended),
                    Facts.of("because of", issuer + ", which gives no role here"));
              }
            });
  }

  private String add(String wish, URI issuer, String subject, Role role) {
    for (int n = 1; n < MOST_NAMESAKES; n++) {
      var name = n == 1 ? wish : wish + "-" + n;
      if (users.add(name, issuer.toString(), subject, role)) {
        return name;
      }
    }
    throw new IllegalStateException("There are too many users named " + wish + ".");
  }

  /** Names of these users hold an @, so that none is taken for a user with a password. */
  private String wish(Map<String, Object> claims, String subject, URI issuer) {
    return wish(claims.get(settings.nameClaim()), subject, issuer);
  }

  static String wish(@Nullable Object named, String subject, URI issuer) {
    var name = plain(named == null ? "" : named.toString());
    if (name.isEmpty()) {
      name = plain(subject);
    }
    if (name.isEmpty()) {
      name = "somebody";
    }
    var whole = name.indexOf('@') > 0 ? name : name + "@" + plain(Oidc.host(issuer));
    return whole.substring(0, Math.min(LONGEST_NAME, whole.length()));
  }

  /** What user names are made of; see {@link Accounts}. */
  private static String plain(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9._@-]+", "-")
        .replaceAll("^[^a-z0-9]+", "")
        .replaceAll("-+$", "");
  }
}
