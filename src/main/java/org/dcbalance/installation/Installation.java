package org.dcbalance.installation;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Notice that the database was restored, copied or exchanged, and keep all consoles on it from
 * acting until an administrator confirms it.
 *
 * <p>What is compared, and what is not noticed, is in docs/adr/0021.
 */
@Component
public class Installation {
  private static final Logger log = LoggerFactory.getLogger(Installation.class);

  private final JdbcClient jdbc;
  private final FleetEvents events;
  private final AuditLog audit;
  private final TransactionTemplate transaction;
  private final ConsoleMemory memory;

  /** Lease under which the database was compared last. */
  private long comparedUnder = -1;

  public Installation(
      JdbcClient jdbc,
      FleetEvents events,
      AuditLog audit,
      PlatformTransactionManager transactions,
      DatabaseSettings settings) {
    this.jdbc = jdbc;
    this.events = events;
    this.audit = audit;
    this.transaction = new TransactionTemplate(transactions);
    this.memory = new ConsoleMemory(settings.folder());
  }

  private record Row(UUID id, @Nullable String keptIn, @Nullable String doubt) {}

  /** Give the id of this installation, which changes when a restored database is confirmed. */
  public UUID id() {
    return jdbc.sql("select id from installation").query(UUID.class).single();
  }

  /** Give the ids that it had before restored databases were confirmed. */
  public Set<UUID> formerIds() {
    return Set.copyOf(
        jdbc.sql("select id from former_installation where confirmed_at is not null")
            .query(UUID.class)
            .list());
  }

  /** Give the reason why nothing may be done for now; empty if there is none. */
  public Optional<Doubt> doubt() {
    return jdbc.sql("select doubted_at, doubt from installation where doubt is not null")
        .query((row, n) -> new Doubt(row.getTimestamp(1).toInstant(), row.getString(2)))
        .optional();
  }

  /**
   * Make sure that consoles may act on this database.
   *
   * @throws Problem CONFLICT with the reason if they only observe
   */
  public void requireConfirmed() {
    doubt()
        .ifPresent(
            doubt -> {
              throw new Problem(
                  ErrorCode.CONFLICT,
                  doubt.sentence() + " Nothing is moved until an administrator confirms it.",
                  "Maybe look whether what is shown is still true, and confirm the database on any"
                      + " page as an administrator.");
            });
  }

  @Scheduled(fixedDelayString = "${dcbalance.installation.every:5s}")
  void look() {
    try {
      check();
    } catch (DataAccessException | TransactionException e) {
      log.warn("The database could not be compared: {}", e.getMessage());
    }
  }

  /**
   * Tell whether this console may act under a lease. A restored database may come with a new one,
   * so the first to ask under it has the database compared before anybody acts.
   */
  public boolean mayAct(long epoch) {
    compareUnder(epoch);
    return doubt().isEmpty();
  }

  private synchronized void compareUnder(long epoch) {
    if (comparedUnder != epoch) {
      check();
      comparedUnder = epoch;
    }
  }

  /** Compare this console's memory with the database, now, and go on counting if they agree. */
  public synchronized void check() {
    var remembered = memory.read();
    var next = transaction.execute(status -> compare(remembered));
    if (next != null && !next.equals(remembered)) {
      memory.write(next);
    }
  }

  /** Compare; give what to remember from now on, which is the same as before in case of doubt. */
  private ConsoleMemory.Memory compare(ConsoleMemory.Memory remembered) {
    var row = lock();
    var keptIn = keptIn();
    if (row.keptIn() == null) {
      jdbc.sql("update installation set kept_in = :now").param("now", keptIn).update();
    } else if (!row.keptIn().equals(keptIn)) {
      doubt(row, "This database is kept elsewhere than before: it was restored or copied.");
    }
    var known = remembered.installation();
    if (known != null && !known.equals(row.id()) && !confirmed(known)) {
      jdbc.sql("insert into former_installation (id) values (:id) on conflict do nothing")
          .param("id", known)
          .update();
      doubt(
          row,
          "A console on this database has worked with another one before, or with a newer state"
              + " of this one.");
      return remembered;
    }
    long seen = seen(remembered.console());
    if (row.id().equals(known) && seen < remembered.seen()) {
      doubt(
          row,
          "This database is older than what a console remembers of it: it was restored, or has"
              + " lost what was written last.");
      return remembered;
    }
    jdbc.sql(
            """
            insert into witness (console, seen) values (:console, :seen)
            on conflict (console) do update set seen = excluded.seen, at = clock_timestamp()
            """)
        .param("console", remembered.console())
        .param("seen", seen + 1)
        .update();
    return new ConsoleMemory.Memory(remembered.console(), row.id(), seen + 1);
  }

  /**
   * Confirm that this database, as it is now, is the one to work with.
   *
   * @throws Problem CONFLICT if nothing is doubted
   */
  public void confirm(Operator by) {
    transaction.executeWithoutResult(
        status -> {
          var row = lock();
          if (row.doubt() == null) {
            throw new Problem(
                ErrorCode.CONFLICT, "Nothing is to be confirmed: the consoles may act.", null);
          }
          // consoles that remember the old id have been answered by this
          jdbc.sql("insert into former_installation (id) values (:id) on conflict do nothing")
              .param("id", row.id())
              .update();
          jdbc.sql(
                  """
                  update former_installation
                  set confirmed_at = clock_timestamp(), confirmed_by = :by, doubt = :doubt
                  where confirmed_at is null
                  """)
              .param("by", by.name())
              .param("doubt", row.doubt())
              .update();
          jdbc.sql(
                  """
                  update installation
                  set id = gen_random_uuid(), kept_in = :now, doubted_at = null, doubt = null
                  """)
              .param("now", keptIn())
              .update();
          audit.note(
              by,
              Act.DATABASE_CONFIRMED,
              Thing.settings("installation"),
              Facts.of("doubt", row.doubt()),
              Facts.NONE);
          events.record(
              Severity.WARN,
              "installation-confirmed",
              null,
              null,
              null,
              by.name() + " confirmed this database; consoles act on it again.");
        });
  }

  private void doubt(Row row, String sentence) {
    if (row.doubt() != null) {
      return;
    }
    int first =
        jdbc.sql(
                """
                update installation set doubted_at = clock_timestamp(), doubt = :doubt
                where doubt is null
                """)
            .param("doubt", sentence)
            .update();
    if (first > 0) {
      log.warn("{} Consoles only observe until an administrator confirms it.", sentence);
      events.record(
          Severity.BAD,
          "installation-doubted",
          null,
          null,
          null,
          sentence + " Nothing is moved until an administrator confirms it.");
    }
  }

  private Row lock() {
    return jdbc.sql("select id, kept_in, doubt from installation for update")
        .query(
            (row, n) -> new Row(row.getObject(1, UUID.class), row.getString(2), row.getString(3)))
        .single();
  }

  /** Tell where PostgreSQL keeps the tables; a dump that is restored comes to lie elsewhere. */
  private String keptIn() {
    return Objects.requireNonNull(
        jdbc.sql(
                """
                select (select system_identifier from pg_control_system())
                  || '/' || (select oid from pg_database where datname = current_database())
                  || '/' || cast(cast('installation' as regclass) as oid)
                """)
            .query(String.class)
            .single());
  }

  private boolean confirmed(UUID id) {
    return jdbc.sql(
            """
            select exists (select from former_installation where id = :id and confirmed_at is not null)
            """)
        .param("id", id)
        .query(Boolean.class)
        .single();
  }

  private long seen(UUID console) {
    return jdbc.sql("select seen from witness where console = :console")
        .param("console", console)
        .query(Long.class)
        .optional()
        .orElse(0L);
  }
}
