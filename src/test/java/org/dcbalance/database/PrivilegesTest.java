package org.dcbalance.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two roles on a real PostgreSQL: one owns the tables, the other one works with them. */
class PrivilegesTest {
  private static final String DENIED = "42501";

  private static TwoRoles roles;

  @BeforeAll
  static void makeTwoRoles() throws IOException, SQLException {
    roles = new TwoRoles("app-1");
    Flyway.configure()
        .dataSource(roles.url(), "migrator", "migrator")
        .locations("classpath:db/migration")
        .load()
        .migrate();
    try (var owner = roles.as("migrator")) {
      assertThat(Privileges.grant(owner, "app-1")).isTrue();
    }
    try (var app = roles.as("app-1")) {
      run(
          app,
          "insert into audit_entry (who, act, kind, object) values ('amy', 'APPROVED', 'x', 'y')");
    }
  }

  @AfterAll
  static void stop() throws IOException {
    roles.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update audit_entry set who = 'bob'",
        "delete from audit_entry",
        "truncate audit_entry",
        "drop table audit_entry",
        "alter table audit_entry disable trigger all",
        "alter table audit_entry owner to \"app-1\"",
        "drop trigger audit_entry_append_only on audit_entry",
        "create trigger mine before insert on audit_entry for each row execute function refuse_to_rewrite_audit()",
        "create or replace function refuse_to_rewrite_audit() returns trigger language plpgsql as 'begin return null; end'",
        "insert into flyway_schema_history select * from flyway_schema_history",
        "create table mine (id int)",
      })
  void theApplicationCannotRewriteTheAuditLog(String sql) throws SQLException {
    try (var app = roles.as("app-1")) {
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> run(app, sql))
          .satisfies(e -> assertThat(e.getSQLState()).as(e.getMessage()).isIn(DENIED, "0LP01"));
      assertThat(count(app, "select count(*) from audit_entry where who = 'amy'")).isEqualTo(1);
    }
  }

  @Test
  void theApplicationCannotGiveItselfMore() throws SQLException {
    try (var app = roles.as("app-1")) {
      // PostgreSQL answers with a warning and grants nothing
      run(app, "grant all on audit_entry to \"app-1\"");
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> run(app, "delete from audit_entry"))
          .satisfies(e -> assertThat(e.getSQLState()).isEqualTo(DENIED));
    }
  }

  @Test
  void evenTheOwnerIsStoppedByTheTriggerFirst() throws SQLException {
    try (var owner = roles.as("migrator")) {
      for (var sql : List.of("update audit_entry set who = 'bob'", "truncate audit_entry")) {
        assertThatExceptionOfType(SQLException.class)
            .isThrownBy(() -> run(owner, sql))
            .withMessageContaining("only ever appended to");
      }
    }
  }

  @Test
  void theApplicationCanDoAllItsOtherWork() throws SQLException {
    try (var app = roles.as("app-1")) {
      var tables = new ArrayList<String>();
      try (var found =
          app.createStatement()
              .executeQuery(
                  "select relname from pg_class where relkind in ('r', 'p')"
                      + " and relnamespace = cast('public' as regnamespace)")) {
        while (found.next()) {
          tables.add(found.getString(1));
        }
      }
      assertThat(tables).contains("pool", "migration", "spring_session", "host_sample");
      for (var table : tables) {
        count(app, "select count(*) from " + table);
        if (!List.of("audit_entry", "flyway_schema_history").contains(table)) {
          run(app, "delete from " + table + " where false");
        }
      }
      run(app, "insert into pool (name) values ('made by the application')");
      run(app, "select make_sample_partition('host_sample', date '2026-01-31')");
      run(
          app,
          "insert into host_sample values ('2026-01-31T23:59:59Z', 1, 1, 1, false, 1, 1, 1, 1, 1, 1)");
      assertThat(count(app, "select count(*) from host_sample where at < '2026-02-01'"))
          .isEqualTo(1);
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  @Test
  void partitionsAreMadeAndDroppedForSamplesAlone() throws SQLException {
    try (var app = roles.as("app-1")) {
      run(app, "select make_sample_partition('vm_sample', date '2026-02-01')");
      run(app, "select make_sample_partition('vm_sample', date '2026-02-01')");
      run(app, "select drop_sample_partition('vm_sample', date '2026-02-01')");
      assertThat(count(app, "select count(*) from pg_class where relname = 'vm_sample_20260201'"))
          .isZero();
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(
              () -> run(app, "select drop_sample_partition('audit_entry', date '2026-02-01')"))
          .withMessageContaining("holds no samples");
    }
  }

  @Test
  void oneRoleForAllIsLeftAsItIs() throws SQLException {
    try (var owner = roles.as("migrator")) {
      assertThat(Privileges.grant(owner, "migrator")).isFalse();
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var found = statement.executeQuery(sql)) {
      found.next();
      return found.getLong(1);
    }
  }
}
