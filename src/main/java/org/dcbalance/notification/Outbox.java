package org.dcbalance.notification;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.database.Columns;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/**
 * Hold messages until they are sent. All times are the database's, so that consoles agree.
 *
 * <p>A message is claimed in one short transaction and sent outside of any: a slow receiver holds
 * no connection and no lock. A console that dies lets go when its claim runs out; the message is
 * sent again then, with the same id.
 */
@Repository
class Outbox {
  private static final String COLUMNS =
      """
      n.id, n.destination_id, d.name as destination, n.event_id, n.event, n.severity, n.pool_id,
      n.pool, n.sentence, n.path, n.at, n.state, n.attempts, n.next_at, n.tried_at, n.outcome
      """;

  private final JdbcClient jdbc;

  Outbox(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Write a message for each destination that wants to be told, in the transaction of what happened
   * if there is one.
   *
   * <p>It must not fail there for reasons of its own: a destination that is being removed is passed
   * over, and what text columns cannot hold is left out.
   *
   * @return how many destinations will be told
   */
  int add(Happening happening) {
    return jdbc.sql(
            """
            insert into notification_delivery
              (destination_id, event_id, event, severity, pool_id, pool, sentence, path)
            select d.id, :id, :event, :severity, cast(:pool as bigint),
              (select name from pool where id = cast(:pool as bigint)), :sentence, :path
            from notification_destination d
            where d.enabled and :event = any(d.events)
              and array_position(array['INFO', 'WARNING', 'CRITICAL'], d.least_severity) <= :rank
              and (:rest = 0 or not exists (
                select from notification_delivery n
                where n.destination_id = d.id and n.event = :event
                  and n.pool_id is not distinct from cast(:pool as bigint)
                  and n.at > clock_timestamp() - :rest * interval '1 second'))
            for key share of d skip locked
            """)
        .param("id", UUID.randomUUID())
        .param("event", happening.kind().name())
        .param("severity", happening.severity().name())
        .param("rank", happening.severity().ordinal() + 1)
        .param("rest", happening.kind().rest().toSeconds())
        .param("pool", value(happening.pool()))
        .param("sentence", happening.sentence().replace('\0', ' '))
        .param("path", happening.path())
        .update();
  }

  private static @Nullable Long value(@Nullable PoolId pool) {
    return pool == null ? null : pool.value();
  }

  /** List the destinations that something waits for, the one that waits longest first. */
  List<Long> due() {
    return jdbc.sql(
            """
            select n.destination_id from notification_delivery n
            join notification_destination d on d.id = n.destination_id and d.enabled
            where n.state = 'WAITING' and n.next_at <= clock_timestamp()
              and (n.claimed_until is null or n.claimed_until <= clock_timestamp())
            group by n.destination_id order by min(n.next_at), n.destination_id
            """)
        .query((row, n) -> row.getLong(1))
        .list();
  }

  /**
   * Claim what has waited longest for a destination; empty if nothing does, or if another console
   * or thread is busy with that destination.
   */
  @Transactional
  public Optional<Delivery> claim(long destination, Duration atMost) {
    boolean free =
        jdbc.sql(
                """
                select id from notification_destination where id = :id and enabled
                for no key update skip locked
                """)
            .param("id", destination)
            .query(Long.class)
            .optional()
            .isPresent();
    if (!free) {
      return Optional.empty();
    }
    // a statement of its own: it sees what whoever held the lock before has claimed
    return jdbc.sql(
            """
            update notification_delivery n
            set attempts = n.attempts + 1, tried_at = clock_timestamp(),
              claimed_until = clock_timestamp() + :millis * interval '1 millisecond'
            from notification_destination d
            where d.id = n.destination_id and n.id = (
              select w.id from notification_delivery w
              where w.destination_id = :id and w.state = 'WAITING'
                and w.next_at <= clock_timestamp()
                and not exists (
                  select from notification_delivery busy
                  where busy.destination_id = :id and busy.state = 'WAITING'
                    and busy.claimed_until > clock_timestamp())
              order by w.next_at, w.id limit 1 for update skip locked)
            returning\s"""
                + COLUMNS)
        .param("id", destination)
        .param("millis", atMost.toMillis())
        .query(Outbox::row)
        .optional();
  }

  /** Record that it was taken; false if the claim was lost meanwhile. */
  boolean sent(Delivery claimed, String outcome) {
    return settle(claimed, Delivery.State.SENT, outcome, Duration.ZERO);
  }

  /** Record that it was not taken, and when to try again; false if the claim was lost meanwhile. */
  boolean failed(Delivery claimed, String outcome, Duration wait) {
    return settle(claimed, Delivery.State.WAITING, outcome, wait);
  }

  boolean givenUp(Delivery claimed, String outcome) {
    return settle(claimed, Delivery.State.GIVEN_UP, outcome, Duration.ZERO);
  }

  private boolean settle(Delivery claimed, Delivery.State state, String outcome, Duration wait) {
    return jdbc.sql(
                """
                update notification_delivery
                set state = :state, outcome = :outcome, claimed_until = null,
                  next_at = clock_timestamp() + :millis * interval '1 millisecond'
                where id = :id and state = 'WAITING' and attempts = :attempts
                """)
            .param("state", state.name())
            .param("outcome", outcome)
            .param("millis", wait.toMillis())
            .param("id", claimed.id())
            .param("attempts", claimed.attempts())
            .update()
        == 1;
  }

  /**
   * List deliveries with an id below the given one, newest first; of all destinations with null.
   */
  List<Delivery> list(@Nullable Long destination, long before, int most) {
    return jdbc.sql(
            "select "
                + COLUMNS
                + """
                from notification_delivery n join notification_destination d on d.id = n.destination_id
                where (cast(:destination as bigint) is null or n.destination_id = :destination)
                  and n.id < :before
                order by n.id desc limit :most
                """)
        .param("destination", destination)
        .param("before", before)
        .param("most", most)
        .query(Outbox::row)
        .list();
  }

  int forget(Duration olderThan) {
    return jdbc.sql(
            """
            delete from notification_delivery
            where state <> 'WAITING' and at < clock_timestamp() - :seconds * interval '1 second'
            """)
        .param("seconds", olderThan.toSeconds())
        .update();
  }

  private static Delivery row(ResultSet row, int index) throws SQLException {
    return new Delivery(
        row.getLong("id"),
        row.getLong("destination_id"),
        row.getString("destination"),
        row.getObject("event_id", UUID.class),
        row.getString("event"),
        Severity.valueOf(row.getString("severity")),
        row.getObject("pool_id", Long.class),
        row.getString("pool"),
        row.getString("sentence"),
        row.getString("path"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        Delivery.State.valueOf(row.getString("state")),
        row.getInt("attempts"),
        row.getObject("next_at", OffsetDateTime.class).toInstant(),
        Columns.instant(row, "tried_at"),
        row.getString("outcome"));
  }
}
