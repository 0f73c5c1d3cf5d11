package org.dcbalance.notification;

import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.notification.Destination.Kind;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.dcbalance.notification.Destination.Target;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Store and find destinations. */
@Repository
class Destinations {
  private static final String COLUMNS =
      "id, name, enabled, kind, url, payload, smtp_host, smtp_port, smtp_security, smtp_user, sender,"
          + " recipients, events, least_severity, version";

  private final JdbcClient jdbc;

  Destinations(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  List<Destination> all() {
    return jdbc.sql("select " + COLUMNS + " from notification_destination order by name")
        .query(Destinations::row)
        .list();
  }

  Optional<Destination> find(long id) {
    return jdbc.sql("select " + COLUMNS + " from notification_destination where id = :id")
        .param("id", id)
        .query(Destinations::row)
        .optional();
  }

  /** Find one that nobody else changes until this transaction ends. */
  Optional<Destination> hold(long id) {
    return jdbc.sql(
            // messages to it are written meanwhile: they share its key, which is not changed
            "select " + COLUMNS + " from notification_destination where id = :id for no key update")
        .param("id", id)
        .query(Destinations::row)
        .optional();
  }

  /** Store it under a new id; that of the argument is ignored. Empty if the name is taken. */
  Optional<Long> add(Destination destination, Operator by) {
    return statement(
            """
            insert into notification_destination (name, enabled, kind, url, payload, smtp_host, smtp_port,
              smtp_security, smtp_user, sender, recipients, events, least_severity, created_by)
            values (:name, :enabled, :kind, :url, :payload, :host, :port, :security, :user, :sender,
              :recipients, :events, :least, :by)
            on conflict (name) do nothing returning id
            """,
            destination)
        .param("by", by.name())
        .query(Long.class)
        .optional();
  }

  /** Store what it is now; of an address that is a secret, what may be seen. */
  void update(Destination destination) {
    statement(
            """
            update notification_destination set name = :name, enabled = :enabled, kind = :kind,
              url = :url, payload = :payload, smtp_host = :host, smtp_port = :port, smtp_security = :security,
              smtp_user = :user, sender = :sender, recipients = :recipients, events = :events,
              least_severity = :least, version = version + 1
            where id = :id
            """,
            destination)
        .param("id", destination.id())
        .update();
  }

  /** Switch one on or off, and touch nothing else of it: its address may be sealed. */
  void enable(long id, boolean enabled) {
    jdbc.sql(
            """
            update notification_destination set enabled = :enabled, version = version + 1 where id = :id
            """)
        .param("enabled", enabled)
        .param("id", id)
        .update();
  }

  private JdbcClient.StatementSpec statement(String sql, Destination destination) {
    var webhook = destination.target() instanceof Webhook w ? w : null;
    var mail = destination.target() instanceof Mail m ? m : null;
    return jdbc.sql(sql)
        .param("name", destination.name())
        .param("enabled", destination.enabled())
        .param("kind", destination.kind().name())
        .param("url", webhook == null ? null : webhook.clear().toString())
        .param("payload", (webhook == null ? Payload.DCBALANCE : webhook.payload()).name())
        .param("host", mail == null ? null : mail.host())
        .param("port", mail == null ? null : mail.port())
        .param("security", mail == null ? null : mail.security().name())
        .param("user", mail == null ? null : mail.user())
        .param("sender", mail == null ? null : mail.sender())
        .param(
            "recipients", mail == null ? new String[0] : mail.recipients().toArray(String[]::new))
        .param(
            "events",
            destination.events().stream().map(EventKind::name).sorted().toArray(String[]::new))
        .param("least", destination.least().name());
  }

  void remove(long id) {
    jdbc.sql("delete from notification_destination where id = :id").param("id", id).update();
  }

  /** Tell whether another one has the name. */
  boolean taken(String name, long id) {
    return jdbc.sql(
            "select exists (select from notification_destination where name = :name and id <> :id)")
        .param("name", name)
        .param("id", id)
        .query(Boolean.class)
        .single();
  }

  private static Destination row(ResultSet row, int index) throws SQLException {
    return new Destination(
        row.getLong("id"),
        row.getString("name"),
        row.getBoolean("enabled"),
        target(row),
        events(row),
        Severity.valueOf(row.getString("least_severity")),
        row.getLong("version"));
  }

  private static Target target(ResultSet row) throws SQLException {
    return switch (Kind.valueOf(row.getString("kind"))) {
      case WEBHOOK ->
          new Webhook(URI.create(row.getString("url")), Payload.valueOf(row.getString("payload")));
      case EMAIL ->
          new Mail(
              row.getString("smtp_host"),
              row.getInt("smtp_port"),
              SmtpSecurity.valueOf(row.getString("smtp_security")),
              row.getString("smtp_user"),
              row.getString("sender"),
              texts(row, "recipients"));
    };
  }

  /** What an older or newer version knows besides is left out. */
  private static Set<EventKind> events(ResultSet row) throws SQLException {
    return texts(row, "events").stream()
        .map(Destinations::kind)
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private static @Nullable EventKind kind(String name) {
    return Arrays.stream(EventKind.values())
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static List<String> texts(ResultSet row, String column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }
}
