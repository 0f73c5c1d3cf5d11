package org.dcbalance.access;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

/**
 * Add, change and remove the people who may sign in. Whoever is given another role or password, or
 * is disabled or removed, is signed out everywhere: what they may do is read at the sign-in. So is
 * whoever chooses another password, but for the browser that it is chosen in.
 */
@Component
public class Accounts {
  private static final int SHORTEST_PASSWORD = 10;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,62}");

  private final Users users;
  private final OpenSessions sessions;
  private final ApiTokens tokens;
  private final AuditLog audit;

  Accounts(Users users, OpenSessions sessions, ApiTokens tokens, AuditLog audit) {
    this.users = users;
    this.sessions = sessions;
    this.tokens = tokens;
    this.audit = audit;
  }

  /** What is to change; null leaves a thing as it is. */
  public record Change(@Nullable String password, @Nullable Role role, @Nullable Boolean enabled) {
    /** Tell what is to change, never the password. */
    @Override
    public String toString() {
      return "Change[password %s, role %s, enabled %s]"
          .formatted(password == null ? "not set" : "set", role, enabled);
    }
  }

  /**
   * A person who may sign in, as others see them.
   *
   * @param issuer the OpenID provider that the user signs in through; null for who has a password
   *     here
   * @param lastSignedInAt null where that never happened
   * @param sessions how many browsers the user is signed in with now
   * @param tokens how many API tokens the user made that still hold
   */
  public record Account(
      String name,
      Role role,
      boolean enabled,
      @Nullable String issuer,
      @Nullable Instant lastSignedInAt,
      long sessions,
      long tokens) {
    /** Say which programs act on, whatever becomes of the user; empty where none do. */
    public String tokensLeft() {
      if (tokens == 0) {
        return "";
      }
      return tokens == 1
          ? "1 API token made by " + name + " still acts."
          : tokens + " API tokens made by " + name + " still act.";
    }
  }

  public List<Account> all() {
    var open = sessions.perUser();
    var made = tokens.perMaker();
    return users.all().stream().map(user -> account(user, open, made)).toList();
  }

  /**
   * Give the user of this name.
   *
   * @throws Problem NOT_FOUND if there is none
   */
  public Account named(String name) {
    return account(find(name), sessions.perUser(), tokens.perMaker());
  }

  private static Account account(User user, Map<String, Long> open, Map<String, Long> made) {
    return new Account(
        user.name(),
        user.role(),
        user.enabled(),
        user.issuer(),
        user.lastSignedInAt(),
        open.getOrDefault(user.name(), 0L),
        made.getOrDefault(user.name(), 0L));
  }

  private User find(String name) {
    return users
        .find(name)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no user named " + name + ".", null));
  }

  /**
   * Add a user.
   *
   * @throws Problem with the sentence that says why not
   */
  @Transactional
  public Account add(String name, String password, Role role, Operator by) {
    if (!NAME.matcher(name).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A user's name has 1 to 63 lower-case letters, digits, dots, hyphens, underscores or @.",
          "Maybe use the name of their mail address.");
    }
    if (name.equals(AuditLog.SOMEBODY.name())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The audit log calls whoever was not signed in %s.".formatted(name),
          "Maybe choose another name.");
    }
    checkPassword(password);
    if (!users.add(name, password, role)) {
      throw new Problem(ErrorCode.CONFLICT, "There is a user named " + name + " already.", null);
    }
    audit.note(by, Act.USER_ADDED, Thing.user(name), Facts.NONE, Facts.of("role", role.word()));
    return named(name);
  }

  /**
   * Change a user.
   *
   * @throws Problem with the sentence that says why not
   */
  @Transactional
  public Account change(String name, Change change, Operator by) {
    users.takeTurns();
    var user = find(name);
    boolean weakens =
        (change.role() != null && change.role() != Role.ADMINISTRATOR)
            || Boolean.FALSE.equals(change.enabled());
    if (weakens && name.equals(by.name())) {
      throw new Problem(
          ErrorCode.REFUSED,
          "Nobody can take their own rights away.",
          "Maybe ask another administrator.");
    }
    if (user.issuer() != null && (change.password() != null || change.role() != null)) {
      throw new Problem(
          ErrorCode.REFUSED,
          "%s signs in through %s, which keeps the password and says the role."
              .formatted(name, user.issuer()),
          "Maybe change it there, or disable the user here.");
    }
    if (change.password() != null) {
      checkPassword(change.password());
      if (!users.setPassword(user, change.password())) {
        throw new Problem(
            ErrorCode.BAD_REQUEST,
            "That is the password that %s has already.".formatted(name),
            "Maybe choose another one: only that signs them out everywhere.");
      }
      audit.note(by, Act.PASSWORD_SET, Thing.user(name));
    }
    if (change.role() != null) {
      users.setRole(user, change.role());
    }
    if (change.enabled() != null) {
      users.enable(user, change.enabled());
    }
    var changed = find(name);
    if (weakens) {
      checkAdministrators();
    }
    audit.change(by, Act.USER_CHANGED, Thing.user(name), facts(user), facts(changed));
    if (!changed.equals(user)) {
      sessions.end(name);
    }
    return named(name);
  }

  /**
   * Give a user the password that they chose, and end their other sessions.
   *
   * @param proven who gave the password so far
   * @param session id of the session that goes on
   * @throws Problem with the sentence that says why not
   */
  @Transactional
  void changeOwn(PasswordPerson proven, String password, String session) {
    users.takeTurns();
    var user = find(proven.getUsername());
    if (!proven.signedInWith(user.passwordHash())) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Your password was changed meanwhile by somebody else.",
          "Maybe ask an administrator.");
    }
    checkPassword(password);
    if (!users.setPassword(user, password)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "That is the password that you have.", "Maybe choose another.");
    }
    sessions.endOthers(user.name(), session);
    audit.note(new Operator(user.name()), Act.PASSWORD_SET, Thing.user(user.name()));
  }

  /**
   * Remove a user.
   *
   * @throws Problem if that is who asks, who signed in first, or the last administrator
   */
  @Transactional
  public void remove(String name, Operator by) {
    users.takeTurns();
    var user = find(name);
    if (name.equals(by.name()) || name.equals(FirstAdministrator.NAME)) {
      throw new Problem(
          ErrorCode.REFUSED,
          "The user " + name + " stays: someone has to be able to sign in.",
          name.equals(by.name()) ? null : "Maybe disable the user instead.");
    }
    users.remove(user);
    if (user.role() == Role.ADMINISTRATOR) {
      checkAdministrators();
    }
    sessions.end(name);
    audit.note(by, Act.USER_REMOVED, Thing.user(name), facts(user), Facts.NONE);
  }

  /** Sign a user out everywhere; tell how many sessions ended. */
  @Transactional
  public int signOut(String name, Operator by) {
    find(name);
    int ended = sessions.end(name);
    audit.note(by, Act.SESSIONS_ENDED, Thing.user(name), Facts.of("sessions", ended), Facts.NONE);
    return ended;
  }

  /** Make sure that somebody is left; what was changed is undone otherwise. */
  private void checkAdministrators() {
    if (users.administrators() == 0) {
      throw new Problem(
          ErrorCode.REFUSED,
          "Nobody with a password of this console could administer it any more.",
          "Maybe make somebody else an administrator first.");
    }
  }

  static Facts facts(User user) {
    return Facts.of("role", user.role().word()).and("enabled", user.enabled());
  }

  private static void checkPassword(String password) {
    if (password.length() < SHORTEST_PASSWORD) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A password needs at least " + SHORTEST_PASSWORD + " characters.",
          "Maybe use a few words that nobody else would put together.");
    }
    if (password.getBytes(StandardCharsets.UTF_8).length > AdminSettings.MAX_PASSWORD_BYTES) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A password has at most " + AdminSettings.MAX_PASSWORD_BYTES + " bytes.",
          "Maybe choose a shorter one: what follows could not be checked.");
    }
  }
}
