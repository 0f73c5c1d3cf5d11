package org.dcbalance.migration;

import static org.dcbalance.database.Columns.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcbalance.inventory.Pools;
import org.dcbalance.method.CopyControl;
import org.dcbalance.method.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** List migrations with the names of what they concern, for pages and programs. */
@Component
public class MigrationRows {
  /**
   * Give the method of a migration {@code m} in SQL, null before one is chosen: its column holds
   * one from the start.
   */
  public static final String METHOD =
      """
      case when m.method_why <> '' or m.asked_method is not null or m.state = 'COMPLETED'
        then m.method end""";

  private static final String SELECT =
      """
      select m.id, m.pool_id, p.name as pool, m.recommendation_id, m.vm_id, v.name as vm,
        m.source_id, s.name as source, m.target_id, t.name as target, m.state, m.phase, %s as method,
        m.asked_method, m.method_why, m.prepared_millis, m.waited_millis,
        m.why, m.requested_by, m.abort_requested_by, m.given_up is not null as given_up, m.closed_by, m.closed_as, m.closed_why, m.sentence, m.created_at, m.started_at,
        m.switched_at, m.finished_at, m.deadline, m.heartbeat, m.expected_millis, m.expected_downtime_millis,
        m.expected_bytes, m.total_millis, m.downtime_millis, m.bytes, m.iterations, m.encrypted,
        m.downtime_source, m.guest_downtime_millis, m.guest_silent_millis, m.guest_probe,
        m.source_user_millis, m.source_system_millis, m.target_user_millis, m.target_system_millis,
        m.imbalance_before, m.imbalance_promised, r.imbalance_measured,
        m.end_by, m.allowed_until, m.with_storage, m.compressed, m.attempt, m.most_attempts, m.retry_of, m.passing, m.retry_at, m.retry_ended,
        m.with_storage and coalesce(m.disks <> '[]', false) as copies_disks,
        (select n.id from migration n where n.retry_of = m.id) as retried_as,
        (m.progress->>'at')::timestamptz as progress_at,
        (m.progress->>'elapsedMillis')::bigint as elapsed_millis,
        (m.progress->>'totalBytes')::bigint as total_bytes,
        (m.progress->>'processedBytes')::bigint as processed_bytes,
        (m.progress->>'remainingBytes')::bigint as remaining_bytes,
        (m.progress->>'dirtyRate')::float8 as dirty_rate,
        (m.progress->>'bandwidth')::float8 as bandwidth,
        (m.progress->>'iteration')::int as iteration,
        (m.progress->>'throttle')::int as throttle,
        (m.progress->>'left')::bigint as pass_left,
        (m.progress->>'leftBefore')::bigint as pass_left_before,
        case when m.phase in ('COPYING', 'SWITCH_OVER', 'SETTLING', 'DONE') then s.missing->>'ABORT' end
          as no_abort
      from migration m join pool p on p.id = m.pool_id join vm v on v.id = m.vm_id
        join host s on s.id = m.source_id join host t on t.id = m.target_id
        -- of several attempts, what was measured is due to the one that completed
        left join recommendation r on r.id = m.recommendation_id and m.state = 'COMPLETED'
      """
          .formatted(METHOD);

  /** How many times the usual wait for the next numbers may pass before they count as old. */
  private static final int TOLD_WITHIN = 5;

  private final JdbcClient jdbc;
  private final Migrations migrations;
  private final MigrationTurns turns;
  private final Duration toldWithin;
  private final Clock clock;

  MigrationRows(
      JdbcClient jdbc,
      Migrations migrations,
      Pools pools,
      MigrationSettings settings,
      Clock clock) {
    this.jdbc = jdbc;
    this.migrations = migrations;
    this.turns = new MigrationTurns(jdbc, pools, clock);
    this.toldWithin = settings.storedEvery().multipliedBy(TOLD_WITHIN);
    this.clock = clock;
  }

  /**
   * How far a migration is; rates in bytes per second, iteration 0 where the host does not tell.
   *
   * @param current whether its host still tells; otherwise all of this is as old as {@code at}
   * @param throttle by how much its VM is slowed down for it, in percent
   */
  public record Progress(
      Instant at,
      boolean current,
      long elapsedMillis,
      long totalBytes,
      long processedBytes,
      long remainingBytes,
      double dirtyRate,
      double bandwidth,
      int iteration,
      int throttle) {}

  /** What was left to be sent as the last two passes over memory began, in bytes. */
  public record PassesLeft(long last, long before) {
    public boolean gain() {
      return CopyControl.gains(last, before);
    }
  }

  /**
   * What a host spent while memory was copied, all cores and all that it did; milliseconds in
   * programs, guests included, and in its kernel.
   */
  public record CpuSpent(long userMillis, long systemMillis) {}

  /**
   * Which attempt a migration is.
   *
   * @param most how many there may be in all; null before one has failed for a reason that may pass
   * @param after the attempt before it; null for the first
   * @param passing why it failed, where that may pass
   * @param nextAt when it is tried again; null if it is not, or has been
   * @param notAgain why it is not, although it was to be
   * @param next the attempt after it; null without one
   */
  public record Attempt(
      int number,
      @Nullable Integer most,
      @Nullable Long after,
      @Nullable Passing passing,
      @Nullable Instant nextAt,
      @Nullable String notAgain,
      @Nullable Long next) {}

  /**
   * A migration as it is shown.
   *
   * @param sentence what it waits for while queued, what keeps it while it runs, how it ended after
   * @param method how it is moved, or will be if that was asked for; null before that is chosen
   * @param askedMethod null where DCbalance chose
   * @param givenUp whether DCbalance itself ended it, or asked for its end
   * @param preparedMillis from leaving the queue to the order to migrate, without what it waited
   * @param waitedMillis for a quieter moment; null if it did not
   * @param totalMillis as {@code bytes} and {@code iterations} told last, where it did not complete
   * @param guestDowntimeMillis the longest time without an answer to the VM's probe
   * @param guestSilentMillis all times without an answer together; at least the longest one
   * @param sourceCpu null where the host does not tell, as {@code targetCpu}
   * @param switchedAt when it was switched to post-copy, from where on it is not aborted
   * @param endBy when it must have ended, by whoever asked for it
   * @param allowedUntil how long it may take by what was allowed for its VM when it started; null
   *     before that, and where {@code endBy} comes first
   * @param withStorage whether disks that lie on its source alone are copied with it
   * @param copiesDisks whether there are such; false before they were looked for
   * @param compressed whether what its VM changes is sent compressed, so that its dirty rate and
   *     its bandwidth do not compare
   * @param passesLeft null where too little of them was seen
   * @param cannotAbort why its host cannot abort it; null if it can, or was not told to copy yet
   * @param progress the newest numbers; null before the first
   */
  public record Row(
      long id,
      long poolId,
      String pool,
      @Nullable Long recommendationId,
      long vmId,
      String vm,
      long sourceHostId,
      String source,
      long targetHostId,
      String target,
      MigrationState state,
      Phase phase,
      @Nullable Method method,
      @Nullable Method askedMethod,
      String methodWhy,
      String why,
      String requestedBy,
      @Nullable String abortRequestedBy,
      boolean givenUp,
      @Nullable String closedBy,
      @Nullable StatedPlace closedAs,
      @Nullable String closedWhy,
      String sentence,
      Instant createdAt,
      @Nullable Instant startedAt,
      @Nullable Instant switchedAt,
      @Nullable Instant finishedAt,
      @Nullable Instant deadline,
      @Nullable Instant heartbeat,
      @Nullable Long expectedMillis,
      @Nullable Long expectedDowntimeMillis,
      @Nullable Long expectedBytes,
      @Nullable Long totalMillis,
      @Nullable Long preparedMillis,
      @Nullable Long waitedMillis,
      @Nullable Long downtimeMillis,
      @Nullable Long bytes,
      @Nullable Integer iterations,
      @Nullable Boolean encrypted,
      @Nullable String downtimeSource,
      @Nullable Long guestDowntimeMillis,
      @Nullable Long guestSilentMillis,
      @Nullable String guestProbe,
      @Nullable CpuSpent sourceCpu,
      @Nullable CpuSpent targetCpu,
      @Nullable Double imbalanceBefore,
      @Nullable Double imbalancePromised,
      @Nullable Double imbalanceMeasured,
      @Nullable Instant endBy,
      @Nullable Instant allowedUntil,
      boolean withStorage,
      boolean copiesDisks,
      boolean compressed,
      @Nullable PassesLeft passesLeft,
      Attempt attempt,
      @Nullable String cannotAbort,
      @Nullable Progress progress) {

    /** Tell whether it has failed, as {@link MigrationState#failed} has it. */
    public boolean failed() {
      return state.failed(givenUp);
    }
  }

  /** A queued migration with its place in the queue of its pool, from 1. */
  public record Queued(Row row, int position) {}

  /** Which migrations to list; null for all. */
  public record Filter(
      @Nullable MigrationState state, @Nullable Long poolId, @Nullable Long vmId) {}

  /**
   * List migrations, newest first.
   *
   * @param before only those with a lower id; null for the newest
   * @param most how many at most
   */
  public List<Row> newest(Filter filter, @Nullable Long before, int most) {
    var state = filter.state();
    return jdbc.sql(
            SELECT
                + """
                where (cast(:state as text) is null or m.state = :state)
                  and (cast(:pool as bigint) is null or m.pool_id = :pool)
                  and (cast(:vm as bigint) is null or m.vm_id = :vm)
                  and (cast(:before as bigint) is null or m.id < :before)
                order by m.id desc limit :most
                """)
        .param("state", state == null ? null : state.name())
        .param("pool", filter.poolId())
        .param("vm", filter.vmId())
        .param("before", before)
        .param("most", most)
        .query((row, n) -> row(row))
        .list();
  }

  /** List what runs or is lost, oldest first; of all pools with null. */
  public List<Row> running(@Nullable Long pool) {
    return open("m.state in ('RUNNING', 'LOST')", pool);
  }

  /** List the queue in the order of turns; of all pools with null. */
  public List<Queued> queued(@Nullable Long pool) {
    var waiting =
        open("m.state = 'PENDING'", pool).stream()
            .collect(Collectors.toMap(Row::id, Function.identity()));
    var queue = new ArrayList<Queued>();
    places()
        .forEach(
            (id, place) -> {
              var row = waiting.get(id);
              if (row != null) {
                queue.add(new Queued(row, place));
              }
            });
    return queue;
  }

  /** Give the places that queued moves have in their pools, from 1, in the order of turns. */
  public Map<Long, Integer> places() {
    var taken = new HashMap<Long, Integer>();
    var places = new LinkedHashMap<Long, Integer>();
    for (var move :
        turns.inTurn(migrations.findByStateInOrderById(Set.of(MigrationState.PENDING)))) {
      places.put(move.id(), taken.merge(move.pool(), 1, Integer::sum));
    }
    return places;
  }

  /** List what has ended, newest first; of all pools with null. */
  public List<Row> finished(@Nullable Long pool, @Nullable Long before, int most) {
    return jdbc.sql(
            SELECT
                + """
                where m.finished_at is not null
                  and (cast(:pool as bigint) is null or m.pool_id = :pool)
                  and (cast(:before as bigint) is null or m.id < :before)
                order by m.id desc limit :most
                """)
        .param("pool", pool)
        .param("before", before)
        .param("most", most)
        .query((row, n) -> row(row))
        .list();
  }

  public Optional<Row> find(long id) {
    return jdbc.sql(SELECT + " where m.id = :id")
        .param("id", id)
        .query((row, n) -> row(row))
        .optional();
  }

  private List<Row> open(String which, @Nullable Long pool) {
    return jdbc.sql(
            SELECT
                + " where "
                + which
                + " and (cast(:pool as bigint) is null or m.pool_id = :pool) order by m.id")
        .param("pool", pool)
        .query((row, n) -> row(row))
        .list();
  }

  private Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getLong("id"),
        row.getLong("pool_id"),
        row.getString("pool"),
        row.getObject("recommendation_id", Long.class),
        row.getLong("vm_id"),
        row.getString("vm"),
        row.getLong("source_id"),
        row.getString("source"),
        row.getLong("target_id"),
        row.getString("target"),
        MigrationState.valueOf(row.getString("state")),
        Phase.valueOf(row.getString("phase")),
        method(row.getString("method")),
        method(row.getString("asked_method")),
        row.getString("method_why"),
        row.getString("why"),
        row.getString("requested_by"),
        row.getString("abort_requested_by"),
        row.getBoolean("given_up"),
        row.getString("closed_by"),
        closedAs(row),
        row.getString("closed_why"),
        row.getString("sentence"),
        row.getTimestamp("created_at").toInstant(),
        instant(row, "started_at"),
        instant(row, "switched_at"),
        instant(row, "finished_at"),
        instant(row, "deadline"),
        instant(row, "heartbeat"),
        row.getObject("expected_millis", Long.class),
        row.getObject("expected_downtime_millis", Long.class),
        row.getObject("expected_bytes", Long.class),
        row.getObject("total_millis", Long.class),
        row.getObject("prepared_millis", Long.class),
        row.getObject("waited_millis", Long.class),
        row.getObject("downtime_millis", Long.class),
        row.getObject("bytes", Long.class),
        row.getObject("iterations", Integer.class),
        row.getObject("encrypted", Boolean.class),
        row.getString("downtime_source"),
        row.getObject("guest_downtime_millis", Long.class),
        row.getObject("guest_silent_millis", Long.class),
        row.getString("guest_probe"),
        cpu(row, "source"),
        cpu(row, "target"),
        row.getObject("imbalance_before", Double.class),
        row.getObject("imbalance_promised", Double.class),
        row.getObject("imbalance_measured", Double.class),
        instant(row, "end_by"),
        instant(row, "allowed_until"),
        row.getBoolean("with_storage"),
        row.getBoolean("copies_disks"),
        row.getBoolean("compressed"),
        passesLeft(row),
        attempt(row),
        row.getString("no_abort"),
        progress(row));
  }

  private static Attempt attempt(ResultSet row) throws SQLException {
    var passing = row.getString("passing");
    return new Attempt(
        row.getInt("attempt"),
        row.getObject("most_attempts", Integer.class),
        row.getObject("retry_of", Long.class),
        passing == null ? null : Passing.valueOf(passing),
        instant(row, "retry_at"),
        row.getString("retry_ended"),
        row.getObject("retried_as", Long.class));
  }

  private static @Nullable Method method(@Nullable String name) {
    return name == null ? null : Method.valueOf(name);
  }

  private static @Nullable StatedPlace closedAs(ResultSet row) throws SQLException {
    var stated = row.getString("closed_as");
    return stated == null ? null : StatedPlace.valueOf(stated);
  }

  private static @Nullable CpuSpent cpu(ResultSet row, String side) throws SQLException {
    var user = row.getObject(side + "_user_millis", Long.class);
    return user == null ? null : new CpuSpent(user, row.getLong(side + "_system_millis"));
  }

  private static @Nullable PassesLeft passesLeft(ResultSet row) throws SQLException {
    var last = row.getObject("pass_left", Long.class);
    var before = row.getObject("pass_left_before", Long.class);
    return last == null || before == null ? null : new PassesLeft(last, before);
  }

  private @Nullable Progress progress(ResultSet row) throws SQLException {
    var at = instant(row, "progress_at");
    return at == null
        ? null
        : new Progress(
            at,
            row.getString("state").equals(MigrationState.RUNNING.name())
                && at.plus(toldWithin).isAfter(clock.instant()),
            row.getLong("elapsed_millis"),
            row.getLong("total_bytes"),
            row.getLong("processed_bytes"),
            row.getLong("remaining_bytes"),
            row.getDouble("dirty_rate"),
            row.getDouble("bandwidth"),
            row.getInt("iteration"),
            row.getInt("throttle"));
  }
}
