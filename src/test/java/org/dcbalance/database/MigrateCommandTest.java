package org.dcbalance.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A database that is migrated in a step of its own, by a role that consoles do not know. */
@ExtendWith(OutputCaptureExtension.class)
class MigrateCommandTest {
  private static TwoRoles roles;

  @BeforeAll
  static void makeTwoRoles() throws IOException, SQLException {
    roles = new TwoRoles("worker");
  }

  @AfterAll
  static void stop() throws IOException {
    roles.close();
  }

  @Test
  void aConsoleThatMayNotMigrateStartsOnceSomebodyElseHas(CapturedOutput output)
      throws SQLException {
    assertThat(asConsole(new ByteArrayOutputStream())).isEqualTo(1);
    assertThat(output)
        .contains("The database is at version 0, and this program needs version ")
        .contains("Maybe run \"java -jar dcbalance.jar migrate\" with SPRING_FLYWAY_USER");

    var told = new ByteArrayOutputStream();
    assertThat(
            MigrateCommand.run(
                out(told),
                settings(
                    "--spring.flyway.user=migrator",
                    "--spring.flyway.password=migrator",
                    "--dcbalance.database.migrate=false")))
        .as("whatever holds for consoles")
        .isZero();
    assertThat(told.toString(StandardCharsets.UTF_8))
        .matches(
            "jdbc:postgresql://127.0.0.1:[0-9]+/two is at version [0-9]+, as this program needs it\\.\\R");

    assertThat(asConsole(new ByteArrayOutputStream())).isZero();
    try (var worker = roles.as("worker");
        var statement = worker.createStatement();
        var count = statement.executeQuery("select count(*) from audit_entry")) {
      assertThat(count.next()).isTrue();
    }
  }

  @Test
  void nothingIsMigratedWithoutADatabaseThatWasNamed(CapturedOutput output) {
    assertThat(MigrateCommand.run(out(new ByteArrayOutputStream()))).isEqualTo(1);
    assertThat(output).contains("No database was named.", "Maybe set SPRING_DATASOURCE_URL");
  }

  private static int asConsole(ByteArrayOutputStream told) {
    return MigrateCommand.start(out(told), settings("--dcbalance.database.migrate=false"));
  }

  private static PrintStream out(ByteArrayOutputStream told) {
    return new PrintStream(told, true, StandardCharsets.UTF_8);
  }

  private static String[] settings(String... more) {
    return Stream.concat(
            Stream.of(
                "--spring.datasource.url=" + roles.url(),
                "--spring.datasource.username=worker",
                "--spring.datasource.password=worker"),
            Stream.of(more))
        .toArray(String[]::new);
  }
}
