package org.dcbalance.database;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import javax.sql.DataSource;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
  private static final Logger log = LoggerFactory.getLogger(DatabaseConfiguration.class);

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(name = "spring.datasource.url", matchIfMissing = true, havingValue = "\0")
  @ConditionalOnBooleanProperty(name = "dcbalance.database.embedded", matchIfMissing = true)
  static class Embedded {
    @Bean(destroyMethod = "close")
    EmbeddedDatabase embeddedDatabase(DatabaseSettings settings) throws IOException {
      return EmbeddedDatabase.start(settings.folder());
    }

    @Bean
    JdbcConnectionDetails embeddedConnectionDetails(EmbeddedDatabase database) {
      return new JdbcConnectionDetails() {
        @Override
        public String getUsername() {
          return "postgres";
        }

        @Override
        public String getPassword() {
          return database.password();
        }

        @Override
        public String getJdbcUrl() {
          return database.url();
        }
      };
    }
  }

  @Bean
  DatabaseKind databaseKind(ObjectProvider<EmbeddedDatabase> embedded) {
    return new DatabaseKind(embedded.getIfAvailable() != null);
  }

  /**
   * Migrate as soon as the database answers, or see that somebody did; give up with a sentence
   * after the wait.
   */
  @Bean
  FlywayMigrationStrategy waitThenMigrate(
      DatabaseSettings settings,
      @Value("${dcbalance.database.migrate:true}") boolean migrate,
      ObjectProvider<JdbcConnectionDetails> application) {
    return flyway -> {
      var giveUp = Instant.now().plus(settings.databaseWait());
      while (true) {
        try {
          if (!migrate) {
            requireMigrated(flyway);
            return;
          }
          flyway.migrate();
          grant(flyway.getConfiguration().getDataSource(), application.getIfAvailable());
          return;
        } catch (FlywayException e) {
          var cause = away(e);
          if (cause == null) {
            throw e;
          }
          if (!Instant.now().isBefore(giveUp)) {
            throw new Problem(
                ErrorCode.UNAVAILABLE,
                "The database did not answer within %d s: %s"
                    .formatted(settings.databaseWait().toSeconds(), cause.getMessage()),
                "Maybe start PostgreSQL, or correct SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME"
                    + " and SPRING_DATASOURCE_PASSWORD.",
                e);
          }
          log.warn("The database does not answer yet ({}); trying again", cause.getMessage());
          pause();
        }
      }
    };
  }

  private static void requireMigrated(Flyway flyway) {
    var info = flyway.info();
    var pending = info.pending();
    if (pending.length > 0) {
      var current = info.current();
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The database is at version %s, and this program needs version %s."
              .formatted(
                  current == null ? "0" : current.getVersion(),
                  pending[pending.length - 1].getVersion()),
          "Maybe run \"java -jar dcbalance.jar migrate\" with SPRING_FLYWAY_USER and"
              + " SPRING_FLYWAY_PASSWORD, since DCBALANCE_DATABASE_MIGRATE is false here.");
    }
  }

  private static void grant(DataSource owner, @Nullable JdbcConnectionDetails application) {
    var role = application == null ? null : application.getUsername();
    if (role == null) {
      return;
    }
    try (var connection = owner.getConnection()) {
      if (Privileges.grant(connection, role)) {
        log.info("The role {} may append to the audit log and cannot rewrite it.", role);
      }
    } catch (SQLException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The role %s could not be given what it needs: %s".formatted(role, e.getMessage()),
          "Maybe the tables do not belong to the role in SPRING_FLYWAY_USER: see docs/security.md.",
          e);
    }
  }

  /** SQL states of class 08 and 57P: no connection, or a server that starts or stops. */
  private static @Nullable SQLException away(Throwable failure) {
    for (var t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql
          && sql.getSQLState() != null
          && (sql.getSQLState().startsWith("08") || sql.getSQLState().startsWith("57P"))) {
        return sql;
      }
    }
    return null;
  }

  private static void pause() {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Problem(ErrorCode.UNAVAILABLE, "Stopped while waiting for the database.", null, e);
    }
  }
}
