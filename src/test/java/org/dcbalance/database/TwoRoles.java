package org.dcbalance.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** A database on a real PostgreSQL, with "migrator", who owns it, and a role that works with it. */
final class TwoRoles implements AutoCloseable {
  private final EmbeddedPostgres server;

  /** Start it. The password of a role is its name. */
  TwoRoles(String worker) throws IOException, SQLException {
    server =
        EmbeddedPostgres.builder()
            .setRegisterShutdownHook(false)
            // a busy machine takes longer than the 10 s that are usual
            .setPGStartupWait(Duration.ofSeconds(60))
            .start();
    try (var admin = DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
        var statement = admin.createStatement()) {
      statement.execute("create role migrator login password 'migrator'");
      statement.execute("create role \"%1$s\" login password '%1$s'".formatted(worker));
      statement.execute("create database two owner migrator");
    }
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/two";
  }

  Connection as(String role) throws SQLException {
    return DriverManager.getConnection(url(), role, role);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
