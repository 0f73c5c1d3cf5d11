package org.dcbalance.recommendation;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Store and find rounds. */
@Component
public class Rounds {
  private static final String COLUMNS =
      "id, pool_id, number, at, took_millis, strategy, outcome, imbalance, imbalance_after,"
          + " threshold, window_seconds, sentence, terms, passed_over, out_of_bounds, requested_by,"
          + " came_from, decided_in_micros";

  private final JdbcClient jdbc;
  private final JsonMapper json;

  Rounds(JdbcClient jdbc, JsonMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  /** Store a round under the pool's next number; its id and number in the argument are ignored. */
  Round add(Round round) {
    return jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, imbalance,
              imbalance_after, threshold, window_seconds, sentence, terms, passed_over,
              out_of_bounds, requested_by, came_from, decided_in_micros)
            values (:pool, (select coalesce(max(number), 0) + 1 from round where pool_id = :pool), :at,
              :took, :strategy, :outcome, :imbalance, :after, :threshold, :window, :sentence,
              cast(:terms as jsonb), cast(:passedOver as jsonb), :outOfBounds, :by,
              :cameFrom, :decidedIn)
            returning\s"""
                + COLUMNS)
        .param("pool", round.poolId())
        .param("at", OffsetDateTime.ofInstant(round.at(), ZoneOffset.UTC))
        .param("took", round.took().toMillis())
        .param("strategy", round.strategy())
        .param("outcome", round.outcome())
        .param("imbalance", round.imbalance())
        .param("after", round.imbalanceAfter())
        .param("threshold", round.threshold())
        .param("window", round.window().toSeconds())
        .param("sentence", round.sentence())
        .param("terms", json.writeValueAsString(round.terms()))
        .param("passedOver", json.writeValueAsString(round.passedOver()))
        .param("outOfBounds", round.outOfBounds())
        .param("by", round.requestedBy())
        .param("cameFrom", round.cameFrom())
        .param("decidedIn", round.decidedIn().toNanos() / 1000)
        .query(this::row)
        .single();
  }

  public Optional<Round> newest(PoolId pool) {
    return list(pool, Long.MAX_VALUE, 1).stream().findFirst();
  }

  /** Count the rounds in a row that found a pool out of bounds; none if the last is from before. */
  int outOfBounds(PoolId pool, Instant since) {
    return newest(pool)
        .filter(round -> round.at().isAfter(since))
        .map(Round::outOfBounds)
        .orElse(0);
  }

  /** Count the rounds of a pool after one of them that knew enough to decide. */
  int decidedSince(PoolId pool, @Nullable Long round) {
    return jdbc.sql(
            "select count(*) from round where pool_id = :pool and id > :round"
                + " and outcome <> 'NOT_ENOUGH_DATA'")
        .param("pool", pool.value())
        .param("round", round == null ? 0 : round)
        .query(Integer.class)
        .single();
  }

  public Optional<Round> find(long id) {
    return jdbc.sql("select " + COLUMNS + " from round where id = :id")
        .param("id", id)
        .query(this::row)
        .optional();
  }

  /**
   * Find a round that should be there.
   *
   * @throws Problem NOT_FOUND if it is not
   */
  public Round get(long id) {
    return find(id)
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.NOT_FOUND,
                    "There is no round " + id + ".",
                    "Maybe it is too old to be kept, or its pool was removed."));
  }

  /** List rounds of a pool (of all with null) with an id below the given one, newest first. */
  public List<Round> list(@Nullable PoolId pool, long before, int most) {
    return jdbc.sql(
            "select "
                + COLUMNS
                + " from round where "
                // the index is used where the statement always names a pool
                + (pool == null ? "" : "pool_id = :pool and ")
                + "id < :before order by id desc limit :most")
        .param("pool", pool == null ? null : pool.value())
        .param("before", before)
        .param("most", most)
        .query(this::row)
        .list();
  }

  private Round row(ResultSet row, int index) throws SQLException {
    return new Round(
        row.getLong("id"),
        row.getLong("pool_id"),
        row.getLong("number"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        Duration.ofMillis(row.getLong("took_millis")),
        row.getString("strategy"),
        row.getString("outcome"),
        row.getObject("imbalance", Double.class),
        row.getObject("imbalance_after", Double.class),
        row.getDouble("threshold"),
        Duration.ofSeconds(row.getLong("window_seconds")),
        row.getString("sentence"),
        json.readValue(row.getString("terms"), new TypeReference<List<Round.ScoreTerm>>() {}),
        json.readValue(
            row.getString("passed_over"), new TypeReference<List<Round.Considered>>() {}),
        row.getInt("out_of_bounds"),
        row.getString("requested_by"),
        row.getString("came_from"),
        Duration.ofNanos(1000 * row.getLong("decided_in_micros")));
  }
}
