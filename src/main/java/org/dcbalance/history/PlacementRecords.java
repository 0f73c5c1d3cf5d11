package org.dcbalance.history;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.PlacementHistory;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Situation;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Keep what was decided in which situation, and how it turned out. */
@Component
public class PlacementRecords {
  /** So many decisions with as many open hosts are looked up, the newest. */
  public static final int MOST = 500;

  /** A mark is looked back at within so long; a console that comes later lets it be. */
  private static final Duration LATE = Duration.ofMinutes(5);

  private final JdbcClient jdbc;
  private final JsonMapper json;

  /** What was read last of each pool: most rounds add nothing to it. */
  private final Map<PoolId, Read> read = new ConcurrentHashMap<>();

  PlacementRecords(JdbcClient jdbc, JsonMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  private record Read(String state, int openHosts, List<PastDecision> decisions) {}

  /** A move as it is stored; the ids are plain numbers. */
  private record Move(
      long vm,
      long source,
      long target,
      PastDecision.Level from,
      PastDecision.Level part,
      PastDecision.Level goal,
      double gain,
      @Nullable Double ten,
      @Nullable Double thirty,
      @Nullable Double sixty) {
    static Move of(PastDecision.Choice choice) {
      var outcome = choice.outcome();
      return new Move(
          choice.vm().value(),
          choice.source().value(),
          choice.target().value(),
          choice.from(),
          choice.part(),
          choice.goal(),
          choice.gain(),
          outcome.ten(),
          outcome.thirty(),
          outcome.sixty());
    }

    PastDecision.Choice choice() {
      return new PastDecision.Choice(
          new VmId(vm),
          new HostId(source),
          new HostId(target),
          from,
          part,
          goal,
          gain,
          new PastDecision.Outcome(ten, thirty, sixty));
    }
  }

  /** Give the record of one pool to a strategy. */
  public PlacementHistory of(PoolId pool) {
    return openHosts -> decisions(pool, openHosts);
  }

  private List<PastDecision> decisions(PoolId pool, int openHosts) {
    var state =
        jdbc.sql(
                """
                select coalesce((select max(id) from past_decision
                    where pool_id = :pool and open_hosts = :hosts), 0) || ' '
                  || coalesce((select max(looked_back_at) from past_decision
                    where pool_id = :pool)::text, '')
                """)
            .param("pool", pool.value())
            .param("hosts", openHosts)
            .query(String.class)
            .single();
    var known = read.get(pool);
    if (known == null || known.openHosts() != openHosts || !known.state().equals(state)) {
      known = new Read(state, openHosts, newest(pool, openHosts));
      read.put(pool, known);
    }
    return known.decisions();
  }

  private List<PastDecision> newest(PoolId pool, int openHosts) {
    return jdbc.sql(
            "select * from past_decision where pool_id = :pool and open_hosts = :hosts"
                + " order by id desc limit :most")
        .param("pool", pool.value())
        .param("hosts", openHosts)
        .param("most", MOST)
        .query(this::row)
        .list();
  }

  /** Record a decision. */
  public void add(PoolId pool, long round, PastDecision decision) {
    jdbc.sql(
            """
            insert into past_decision
              (pool_id, round_id, adapted_from, at, open_hosts, situation, choices)
            values (:pool, :round, :from, :at, :hosts, cast(:situation as jsonb), cast(:choices as jsonb))
            """)
        .param("pool", pool.value())
        .param("round", round)
        .param("from", decision.from() == 0 ? null : decision.from())
        .param("at", Timestamp.from(decision.at()))
        .param("hosts", decision.situation().hosts())
        .param("situation", json.writeValueAsString(decision.situation()))
        .param("choices", choices(decision))
        .update();
  }

  /** Write back how decisions turned out of which a mark has just passed. */
  public void lookBack(PoolId pool, Pool now, Limits limits) {
    for (var past : since(pool, now.at().minus(PastDecision.Mark.SIXTY.after()).minus(LATE))) {
      var judged = past;
      for (var mark : PastDecision.Mark.values()) {
        var due = past.at().plus(mark.after());
        if (!now.at().isBefore(due) && now.at().isBefore(due.plus(LATE)) && open(past, mark)) {
          judged = judged.lookedBack(mark, now, limits);
        }
      }
      if (!judged.equals(past)) {
        jdbc.sql(
                "update past_decision set choices = cast(:choices as jsonb), looked_back_at = :at"
                    + " where id = :id")
            .param("choices", choices(judged))
            .param("at", Timestamp.from(now.at()))
            .param("id", past.id())
            .update();
      }
    }
  }

  private static boolean open(PastDecision past, PastDecision.Mark mark) {
    return past.choices().stream().allMatch(choice -> choice.outcome().at(mark) == null);
  }

  private List<PastDecision> since(PoolId pool, Instant oldest) {
    return jdbc.sql("select * from past_decision where pool_id = :pool and at >= :at order by id")
        .param("pool", pool.value())
        .param("at", Timestamp.from(oldest))
        .query(this::row)
        .list();
  }

  private String choices(PastDecision decision) {
    return json.writeValueAsString(decision.choices().stream().map(Move::of).toList());
  }

  private PastDecision row(ResultSet row, int index) throws SQLException {
    var moves = json.readValue(row.getString("choices"), new TypeReference<List<Move>>() {});
    return new PastDecision(
        row.getLong("id"),
        Objects.requireNonNullElse(row.getObject("adapted_from", Long.class), 0L),
        row.getTimestamp("at").toInstant(),
        json.readValue(row.getString("situation"), Situation.class),
        moves.stream().map(Move::choice).toList());
  }
}
