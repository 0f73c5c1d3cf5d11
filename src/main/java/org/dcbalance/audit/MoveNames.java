package org.dcbalance.audit;

import org.springframework.jdbc.core.simple.JdbcClient;

/** Name a move by its VM and both hosts, as they are called now. */
final class MoveNames {
  private final JdbcClient jdbc;

  MoveNames(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Name what a thing is about: itself, or the move if it is known by its id alone. */
  String of(Thing thing) {
    var id = thing.id();
    if (!thing.name().isEmpty() || id == null) {
      return thing.name();
    }
    return switch (thing.kind()) {
      case "recommendation" -> find("recommendation", id);
      case "migration" -> find("migration", id);
      default -> thing.kind() + " " + id;
    };
  }

  private String find(String table, long id) {
    return jdbc.sql(
            "select v.name || ': ' || s.name || ' → ' || t.name from "
                + table
                + """
                 m join vm v on v.id = m.vm_id
                join host s on s.id = m.source_id join host t on t.id = m.target_id
                where m.id = :id
                """)
        .param("id", id)
        .query(String.class)
        .optional()
        .orElse(table + " " + id);
  }
}
