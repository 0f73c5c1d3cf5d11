package org.dcbalance.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.secret.SecretFile;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * See to it that somebody can sign in, before the console opens its port.
 *
 * <p>Consoles that start together on one database take turns, so that the password in the file of
 * whoever came first is the one that counts.
 */
@Component
class FirstAdministrator implements SmartInitializingSingleton {
  static final String NAME = "admin";
  static final String TOKEN_NAME = "environment";

  private static final String SETTING = "DCBALANCE_ADMIN_PASSWORD";

  private static final Logger log = LoggerFactory.getLogger(FirstAdministrator.class);
  private static final long LOCK = 0x6463_6261_6c61_6e63L;

  private final Users users;
  private final ApiTokens tokens;
  private final OpenSessions sessions;
  private final AuditLog audit;
  private final AdminSettings settings;
  private final Path file;
  private final JdbcClient jdbc;
  private final TransactionOperations transactions;

  FirstAdministrator(
      Users users,
      ApiTokens tokens,
      OpenSessions sessions,
      AuditLog audit,
      AdminSettings settings,
      DatabaseSettings data,
      JdbcClient jdbc,
      TransactionOperations transactions) {
    this.users = users;
    this.tokens = tokens;
    this.sessions = sessions;
    this.audit = audit;
    this.settings = settings;
    this.file = data.folder().resolve("admin-password");
    this.jdbc = jdbc;
    this.transactions = transactions;
  }

  @Override
  public void afterSingletonsInstantiated() {
    // read before anything is written: a setting that cannot be used changes nothing
    var password = settings.chosenPassword();
    var token = settings.chosenToken();
    transactions.executeWithoutResult(
        status -> {
          jdbc.sql("select pg_advisory_xact_lock(?)").param(LOCK).query(row -> {});
          password.ifPresentOrElse(this::take, this::generateOnce);
          token.ifPresentOrElse(this::takeToken, this::forgetToken);
        });
  }

  /** Give the file that holds the generated password, for as long as that is the valid one. */
  Optional<Path> passwordFile() {
    return settings.chosenPassword().isEmpty() && Files.exists(file)
        ? Optional.of(file)
        : Optional.empty();
  }

  private void take(String password) {
    var known = users.find(NAME);
    known.ifPresent(this::makeAdministrator);
    var changed =
        known
            .map(user -> users.setPassword(user, password))
            .orElseGet(() -> users.add(NAME, password, Role.ADMINISTRATOR));
    if (!changed) {
      return;
    }
    sessions.end(NAME);
    note(Act.PASSWORD_SET, Thing.user(NAME), SETTING);
    log.info("The user {} has the password given in {}.", NAME, SETTING);
    try {
      if (Files.deleteIfExists(file)) {
        log.info("Removed {}: the password in it is no longer valid.", file);
      }
    } catch (IOException e) {
      log.warn("{} holds a password that is no longer valid and cannot be removed.", file, e);
    }
  }

  /** Whoever sets the password wants to get in: also as somebody who was disabled or demoted. */
  private void makeAdministrator(User user) {
    if (user.enabled() && user.role() == Role.ADMINISTRATOR) {
      return;
    }
    users.setRole(user, Role.ADMINISTRATOR);
    users.enable(user, true);
    sessions.end(NAME);
    audit.note(
        Operator.DCBALANCE,
        Act.USER_CHANGED,
        Thing.user(NAME),
        Accounts.facts(user),
        Accounts.facts(users.find(NAME).orElseThrow()).and("because of", SETTING));
    log.info("The user {} is an administrator again, as {} is set.", NAME, SETTING);
  }

  private void generateOnce() {
    if (users.find(NAME).isPresent()) {
      if (Files.exists(file)) {
        log.info("Sign in as {}; the generated password is in {}.", NAME, file);
      }
      return;
    }
    var password = random();
    try {
      SecretFile.write(file, password);
    } catch (IOException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The administrator's password cannot be written to " + file + ": " + e + ".",
          "Maybe choose another data folder with DCBALANCE_DATA_DIR, or give the password in"
              + " DCBALANCE_ADMIN_PASSWORD.",
          e);
    }
    users.add(NAME, password, Role.ADMINISTRATOR);
    note(Act.USER_ADDED, Thing.user(NAME), "the first start");
    log.info("Sign in as {}; the generated password is in {} (for its owner alone).", NAME, file);
  }

  private void takeToken(String given) {
    if (tokens.put(TOKEN_NAME, given, Role.ADMINISTRATOR)) {
      note(Act.TOKEN_ADDED, Thing.token(TOKEN_NAME), "DCBALANCE_ADMIN_TOKEN");
    }
  }

  private void note(Act act, Thing thing, String cause) {
    audit.note(Operator.DCBALANCE, act, thing, Facts.NONE, Facts.of("because of", cause));
  }

  private void forgetToken() {
    if (tokens.remove(TOKEN_NAME)) {
      note(Act.TOKEN_REMOVED, Thing.token(TOKEN_NAME), "DCBALANCE_ADMIN_TOKEN, which is not set");
      log.info("Removed the API token of DCBALANCE_ADMIN_TOKEN, which is not set any more.");
    }
  }

  private static String random() {
    var bytes = new byte[18];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
