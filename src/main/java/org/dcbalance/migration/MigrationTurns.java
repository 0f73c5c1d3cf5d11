package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.migration.MigrationSlots.Move;
import org.dcbalance.migration.MigrationSlots.Turn;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Tell of stored migrations when they come to their turn. */
final class MigrationTurns {
  private final JdbcClient jdbc;
  private final Pools pools;
  private final Clock clock;

  MigrationTurns(JdbcClient jdbc, Pools pools, Clock clock) {
    this.jdbc = jdbc;
    this.pools = pools;
    this.clock = clock;
  }

  /** Give those that wait, in the order in which they came. */
  List<Move> queued(List<Migration> rows) {
    var waiting = rows.stream().filter(row -> row.state() == MigrationState.PENDING).toList();
    if (waiting.isEmpty()) {
      return List.of();
    }
    var priorities = priorities();
    var late = clock.instant().minus(Turn.OVERDUE_AFTER);
    return waiting.stream()
        .map(
            row -> {
              var expected = row.figures().expectedMillis();
              return move(
                  row,
                  new Turn(
                      row.createdAt().isBefore(late),
                      priorities.getOrDefault(row.id(), Priority.HIGH),
                      expected == null ? null : Duration.ofMillis(expected)));
            })
        .toList();
  }

  /** Give those that wait as they come to their turn; after them those that quiet hours keep. */
  List<Move> inTurn(List<Migration> rows) {
    var quiet = quiet(rows);
    var queued = MigrationSlots.inTurn(queued(rows));
    return Stream.concat(
            queued.stream().filter(move -> !quiet.containsKey(move.id())),
            queued.stream().filter(move -> quiet.containsKey(move.id())))
        .toList();
  }

  /**
   * What nobody asked for by hand does not begin in the quiet hours of its pool, also if it was
   * approved before they began: give what such moves wait for.
   */
  Map<Long, String> quiet(List<Migration> rows) {
    var waiting = new HashMap<Long, String>();
    var known = new HashMap<PoolId, Optional<HostPool>>();
    var now = clock.instant();
    for (var row : rows) {
      if (row.state() == MigrationState.PENDING
          && row.requestedBy().equals(Operator.DCBALANCE.name())) {
        known
            .computeIfAbsent(row.pool(), id -> pools.findById(id.value()))
            .filter(pool -> pool.quiet(now))
            .ifPresent(
                pool ->
                    waiting.put(
                        row.id(),
                        "Waits for the end of the pool's quiet hours, "
                            + pool.quietHours()
                            + ": nobody asked for it by hand."));
      }
    }
    return waiting;
  }

  /** Give those that are under way, or may be. */
  List<Move> underWay(List<Migration> rows) {
    var now = clock.instant();
    return rows.stream().filter(row -> mayCopy(row, now)).map(row -> move(row, Turn.HAD)).toList();
  }

  /**
   * Tell whether a move may still burden its hosts and their link. The copy of a lost one may go on
   * unseen, so it keeps its place for as long as it was given; no longer, since it may stay lost
   * until a person closes it, and would keep all others from a host that takes one at a time.
   */
  private static boolean mayCopy(Migration row, Instant now) {
    var deadline = row.deadline();
    return row.state() == MigrationState.RUNNING
        || (row.state() == MigrationState.LOST && deadline != null && now.isBefore(deadline));
  }

  private static Move move(Migration row, Turn turn) {
    return new Move(row.id(), row.pool().value(), row.source().value(), row.target().value(), turn);
  }

  private Map<Long, Priority> priorities() {
    var known = new HashMap<Long, Priority>();
    jdbc.sql(
            """
            select m.id, r.priority
            from migration m join recommendation r on r.id = m.recommendation_id
            where m.state = 'PENDING'
            """)
        .query(
            row -> {
              known.put(row.getLong("id"), Priority.valueOf(row.getString("priority")));
            });
    return known;
  }
}
