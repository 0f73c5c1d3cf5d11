package org.dcbalance.evacuation;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.dcbalance.evacuation.Evacuations.State;
import org.dcbalance.evacuation.Preview.Staying;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Store evacuations and what was queued for them. */
@Component
class EvacuationRows {
  private static final String COLUMNS =
      "id, host_id, state, guests, started_by, started_at, ended_by, ended_at, staying";

  private final JdbcClient jdbc;
  private final JsonMapper json;

  EvacuationRows(JdbcClient jdbc, JsonMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  record Row(
      long id,
      HostId host,
      State state,
      int guests,
      String startedBy,
      Instant startedAt,
      @Nullable String endedBy,
      @Nullable Instant endedAt,
      List<Staying> staying) {}

  /**
   * One move that was queued for an evacuation, and how it went.
   *
   * @param givenUp whether DCbalance itself ended it
   */
  record Try(
      long migration,
      VmId vm,
      MigrationState state,
      boolean givenUp,
      String sentence,
      @Nullable Instant finishedAt) {
    boolean open() {
      return !state.ended();
    }

    boolean failed() {
      return state.failed(givenUp);
    }

    /** Tell whether a person ended it. */
    boolean takenBack() {
      return state == MigrationState.ABORTED && !failed();
    }
  }

  private record Stay(long vmId, String vm, String why) {}

  List<Row> open() {
    return jdbc.sql(
            "select "
                + COLUMNS
                + " from evacuation where state = 'OPEN' and exists ("
                + "select from host h where h.id = host_id and h.removed_at is null) order by id")
        .query((row, n) -> row(row))
        .list();
  }

  Optional<Row> open(HostId host) {
    return newest(host).filter(row -> row.state() == State.OPEN);
  }

  Optional<Row> newest(HostId host) {
    return jdbc.sql(
            "select " + COLUMNS + " from evacuation where host_id = :host order by id desc limit 1")
        .param("host", host.value())
        .query((row, n) -> row(row))
        .optional();
  }

  /** Find the open evacuation for which a move was queued. */
  Optional<Row> openOf(long migration) {
    return jdbc.sql(
            "select "
                + COLUMNS
                + " from evacuation where state = 'OPEN'"
                + " and id in (select evacuation_id from evacuation_move where migration_id = :id)")
        .param("id", migration)
        .query((row, n) -> row(row))
        .optional();
  }

  private Row row(ResultSet row) throws SQLException {
    var ended = row.getObject("ended_at", OffsetDateTime.class);
    return new Row(
        row.getLong("id"),
        new HostId(row.getLong("host_id")),
        State.valueOf(row.getString("state")),
        row.getInt("guests"),
        row.getString("started_by"),
        row.getObject("started_at", OffsetDateTime.class).toInstant(),
        row.getString("ended_by"),
        ended == null ? null : ended.toInstant(),
        List.of(json.readValue(row.getString("staying"), Stay[].class)).stream()
            .map(s -> new Staying(new VmId(s.vmId()), s.vm(), s.why()))
            .toList());
  }

  /** Add one; if another console was quicker, give the one that it added. */
  long add(HostId host, int guests, Operator by, Instant at) {
    return jdbc.sql(
            """
            insert into evacuation (host_id, state, guests, started_by, started_at)
            values (:host, 'OPEN', :guests, :by, :at)
            on conflict (host_id) where state = 'OPEN' do update set host_id = excluded.host_id
            returning id
            """)
        .param("host", host.value())
        .param("guests", guests)
        .param("by", by.name())
        .param("at", utc(at))
        .query(Long.class)
        .single();
  }

  void end(long id, State state, Operator by, Instant at) {
    jdbc.sql(
            """
            update evacuation set state = :state, ended_by = :by, ended_at = :at
            where id = :id and state = 'OPEN'
            """)
        .param("id", id)
        .param("state", state.name())
        .param("by", by.name())
        .param("at", utc(at))
        .update();
  }

  void staying(long id, List<Staying> staying) {
    var stays = staying.stream().map(s -> new Stay(s.vmId().value(), s.vm(), s.why())).toList();
    jdbc.sql("update evacuation set staying = cast(:staying as jsonb) where id = :id")
        .param("id", id)
        .param("staying", json.writeValueAsString(stays))
        .update();
  }

  /** Hold an evacuation open until the transaction ends; false if it has ended. */
  boolean lockOpen(long id) {
    return jdbc.sql("select id from evacuation where id = :id and state = 'OPEN' for update")
        .param("id", id)
        .query(Long.class)
        .optional()
        .isPresent();
  }

  void link(long id, long migration) {
    jdbc.sql("insert into evacuation_move values (:id, :migration) on conflict do nothing")
        .param("id", id)
        .param("migration", migration)
        .update();
  }

  /** List what was queued, oldest first. */
  List<Try> tries(long id) {
    return jdbc.sql(
            """
            select m.id, m.vm_id, m.state, m.given_up is not null as given_up, m.sentence,
              m.finished_at
            from evacuation_move e join migration m on m.id = e.migration_id
            where e.evacuation_id = :id order by m.id
            """)
        .param("id", id)
        .query(
            (row, n) -> {
              var finished = row.getObject("finished_at", OffsetDateTime.class);
              return new Try(
                  row.getLong("id"),
                  new VmId(row.getLong("vm_id")),
                  MigrationState.valueOf(row.getString("state")),
                  row.getBoolean("given_up"),
                  row.getString("sentence"),
                  finished == null ? null : finished.toInstant());
            })
        .list();
  }

  /** List the moves that wait in the queue. */
  List<Long> pending(long id) {
    return jdbc.sql(
            """
            select m.id from evacuation_move e join migration m on m.id = e.migration_id
            where e.evacuation_id = :id and m.state = 'PENDING' order by m.id
            """)
        .param("id", id)
        .query((row, n) -> row.getLong(1))
        .list();
  }

  /**
   * List what each open move is expected to take from now on; empty where that is not known, past
   * its expectation, and for a lost one.
   */
  List<Optional<Duration>> expectedOfOpen(long id) {
    return jdbc.sql(
            """
            select case when m.state <> 'LOST' then cast(m.expected_millis - coalesce(
              extract(epoch from clock_timestamp() - m.started_at) * 1000, 0) as bigint) end as rest
            from evacuation_move e join migration m on m.id = e.migration_id
            where e.evacuation_id = :id and m.state in ('PENDING', 'RUNNING', 'LOST') order by m.id
            """)
        .param("id", id)
        .query(
            (row, n) ->
                Optional.ofNullable(row.getObject("rest", Long.class))
                    .filter(millis -> millis > 0)
                    .map(Duration::ofMillis))
        .list();
  }

  /**
   * Count the moves off its host that are under way, and those that it has queued itself: what
   * others queued may wait for an hour of their own.
   */
  int underWay(Row evacuation) {
    return jdbc.sql(
            """
            select count(*) from migration m
            where m.source_id = :host and (m.state = 'RUNNING' or m.state = 'PENDING'
              and exists (select from evacuation_move e
                where e.evacuation_id = :id and e.migration_id = m.id))
            """)
        .param("host", evacuation.host().value())
        .param("id", evacuation.id())
        .query(Integer.class)
        .single();
  }

  /** Tell whether a move to a host is under way, or lost: its guest may come to be there. */
  boolean arriving(HostId host) {
    return jdbc.sql(
            "select exists (select from migration"
                + " where target_id = :host and state in ('RUNNING', 'LOST'))")
        .param("host", host.value())
        .query(Boolean.class)
        .single();
  }

  private static OffsetDateTime utc(Instant at) {
    return OffsetDateTime.ofInstant(at, ZoneOffset.UTC);
  }
}
