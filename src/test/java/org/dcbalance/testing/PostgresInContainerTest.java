package org.dcbalance.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A server in a container takes the schema, as the embedded binaries of the other tests do. */
@ExtendWith(PostgresInContainerTest.Engine.class)
class PostgresInContainerTest {
  static final class Engine extends Needed {
    Engine() {
      super("lab/install --only docker && eval \"$(lab/docker/up)\"");
    }

    @Override
    protected List<String> missing() {
      return PostgresForTests.engineAnswers() ? List.of() : List.of("a Docker engine");
    }
  }

  @Test
  void takesTheWholeSchema() {
    try (var postgres = PostgresForTests.container()) {
      postgres.start();
      var done =
          Flyway.configure()
              .dataSource(postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword())
              .load()
              .migrate();
      assertThat(done.success).isTrue();
      assertThat(done.migrationsExecuted).isPositive();
    }
  }
}
