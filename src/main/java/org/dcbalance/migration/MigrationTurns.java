package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.migration.MigrationSlots.Move;
import org.dcbalance.migration.MigrationSlots.Turn;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Tell of stored migrations when they come to their turn. */
final class MigrationTurns {
  private final JdbcClient jdbc;
  private final Clock clock;

  MigrationTurns(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /** Give those that wait, in their order. */
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

  /** Give those that are under way. */
  static List<Move> underWay(List<Migration> rows) {
    return rows.stream()
        .filter(row -> row.state() == MigrationState.RUNNING)
        .map(row -> move(row, Turn.HAD))
        .toList();
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
