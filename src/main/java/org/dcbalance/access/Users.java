package org.dcbalance.access;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Repository;

/** The people who may sign in. */
@Repository
class Users {
  private static final String COLUMNS =
      "name, password_hash, role, enabled, issuer, last_signed_in_at";

  private static final long LOCK = 0x6463_6261_7573_6572L;

  private final JdbcClient jdbc;
  private final PasswordEncoder encoder;

  Users(JdbcClient jdbc, PasswordEncoder encoder) {
    this.jdbc = jdbc;
    this.encoder = encoder;
  }

  Optional<User> find(String name) {
    return jdbc.sql("select " + COLUMNS + " from app_user where name = ?")
        .param(name)
        .query(Users::user)
        .optional();
  }

  Optional<User> find(String issuer, String subject) {
    return jdbc.sql("select " + COLUMNS + " from app_user where issuer = ? and subject = ?")
        .params(issuer, subject)
        .query(Users::user)
        .optional();
  }

  /** Add who signs in at a provider, unless one of that name exists; tell whether it was added. */
  boolean add(String name, String issuer, String subject, Role role) {
    return jdbc.sql(
                """
                insert into app_user (name, issuer, subject, role) values (?, ?, ?, ?)
                on conflict (name) do nothing""")
            .params(name, issuer, subject, role.name())
            .update()
        == 1;
  }

  /** Add a user, unless one of that name exists; tell whether it was added. */
  boolean add(String name, String password, Role role) {
    return jdbc.sql(
                """
                insert into app_user (name, password_hash, role) values (?, ?, ?)
                on conflict (name) do nothing""")
            .params(name, encoder.encode(password), role.name())
            .update()
        == 1;
  }

  /** Give the user this password, unless it is that already; tell whether it was changed. */
  boolean setPassword(User user, String password) {
    var hash = user.passwordHash();
    if (hash != null && encoder.matches(password, hash)) {
      return false;
    }
    return jdbc.sql("update app_user set password_hash = ? where name = ?")
            .params(encoder.encode(password), user.name())
            .update()
        == 1;
  }

  List<User> all() {
    return jdbc.sql("select " + COLUMNS + " from app_user order by name").query(Users::user).list();
  }

  /** Count who may sign in with a password of this console and change everything. */
  int administrators() {
    return jdbc.sql(
            "select count(*) from app_user where role = 'ADMINISTRATOR' and enabled and issuer is null")
        .query(Integer.class)
        .single();
  }

  /** Note a sign-in; give the user as it is now, which stays so until the transaction ends. */
  Optional<User> signedIn(String name) {
    return jdbc.sql(
            "update app_user set last_signed_in_at = now() where name = ? returning " + COLUMNS)
        .param(name)
        .query(Users::user)
        .optional();
  }

  /** Let changes of rights happen one after the other, so that each sees who is left. */
  void takeTurns() {
    jdbc.sql("select pg_advisory_xact_lock(?)").param(LOCK).query(row -> {});
  }

  void setRole(User user, Role role) {
    jdbc.sql("update app_user set role = ? where name = ?")
        .params(role.name(), user.name())
        .update();
  }

  void enable(User user, boolean enabled) {
    jdbc.sql("update app_user set enabled = ? where name = ?")
        .params(enabled, user.name())
        .update();
  }

  void remove(User user) {
    jdbc.sql("delete from app_user where name = ?").param(user.name()).update();
  }

  private static User user(ResultSet row, int index) throws SQLException {
    var signedIn = row.getObject("last_signed_in_at", OffsetDateTime.class);
    return new User(
        row.getString("name"),
        row.getString("password_hash"),
        Role.valueOf(row.getString("role")),
        row.getBoolean("enabled"),
        row.getString("issuer"),
        signedIn == null ? null : signedIn.toInstant());
  }
}
