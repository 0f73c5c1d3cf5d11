package org.dcbalance.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.testing.PostgresForTests;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestComponent;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;

/** Takes a real database back in time, and away, under consoles with data folders of their own. */
@SpringBootTest(
    classes = InstallationTest.Lab.class,
    webEnvironment = SpringBootTest.WebEnvironment.NONE,
    properties = "dcbalance.data-dir=target/installation-test")
class InstallationTest {
  private static final Operator AMY = new Operator("amy");

  @TestComponent
  @SpringBootConfiguration
  @EnableAutoConfiguration
  @Import({PostgresForTests.class, FleetEvents.class, AuditLog.class})
  static class Lab {}

  @Autowired private JdbcClient jdbc;
  @Autowired private FleetEvents events;
  @Autowired private AuditLog audit;
  @Autowired private PlatformTransactionManager transactions;
  @TempDir private Path folders;

  @BeforeEach
  void aNewDatabase() {
    jdbc.sql("truncate witness, former_installation, fleet_event").update();
    jdbc.sql(
            """
            update installation
            set id = gen_random_uuid(), kept_in = null, doubt = null, doubted_at = null
            """)
        .update();
  }

  /** Start a console with the data folder of this name. */
  private Installation console(String name) {
    var console =
        new Installation(
            jdbc,
            events,
            audit,
            transactions,
            new DatabaseSettings(folders.resolve(name), Duration.ofSeconds(1)));
    console.check();
    return console;
  }

  @Test
  void consolesThatNeverSawTheDatabaseJoinSilently() {
    var one = console("one");
    for (int i = 0; i < 5; i++) {
      one.check();
      console("new-" + i);
    }
    console("one");
    assertThat(one.doubt()).isEmpty();
    one.requireConfirmed();
    assertThat(events.newest(null, 10)).isEmpty();
    assertThatThrownBy(() -> one.confirm(AMY)).hasMessageContaining("Nothing is to be confirmed");
  }

  @Test
  void aDatabaseThatWentBackIsNoticedThoughOthersGoOnWithIt() {
    var one = console("one");
    var backup = jdbc.sql("select seen from witness").query(Long.class).single();
    one.check();
    one.check();
    jdbc.sql("update witness set seen = :backup").param("backup", backup).update();
    // meanwhile another console, with no memory, works with what was restored
    var other = console("other");
    for (int i = 0; i < 5; i++) {
      other.check();
    }
    assertThat(other.doubt()).isEmpty();
    var again = console("one");
    assertThat(again.doubt().orElseThrow().sentence()).contains("older than what a console");
    assertThatThrownBy(other::requireConfirmed)
        .hasMessageContaining("Nothing is moved until an administrator confirms it.");
    again.check();
    console("one");
    assertThat(events.newest(null, 10)).as("said once").hasSize(1);

    other.confirm(AMY);
    again.check();
    again.check();
    console("one");
    console("new");
    other.check();
    assertThat(again.doubt()).isEmpty();
    assertThat(
            jdbc.sql("select confirmed_by from former_installation").query(String.class).single())
        .isEqualTo("amy");
  }

  @Test
  void aConsoleThatItsWitnessIsMissingForIsOlderToo() {
    var one = console("one");
    jdbc.sql("delete from witness").update();
    one.check();
    assertThat(one.doubt()).isPresent();
  }

  /** A dump drops and makes the tables anew, or fills those of another database. */
  @Test
  void tablesThatWereMadeAnewAreNoticedWithoutAnyMemory() {
    console("one");
    jdbc.sql("create table dumped (like installation including all)").update();
    jdbc.sql("insert into dumped select * from installation").update();
    jdbc.sql("drop table installation").update();
    jdbc.sql("alter table dumped rename to installation").update();
    var other = console("other");
    assertThat(other.doubt().orElseThrow().sentence()).contains("restored or copied");
    other.check();
    other.confirm(AMY);
    other.check();
    console("one");
    assertThat(other.doubt()).isEmpty();
  }

  @Test
  void aFolderThatKnowsAnotherDatabaseAsksOnce() {
    console("one");
    var moved = console("moved");
    jdbc.sql("update installation set id = gen_random_uuid()").update();
    moved.check();
    assertThat(moved.doubt().orElseThrow().sentence()).contains("worked with another one");
    moved.confirm(AMY);
    moved.check();
    console("moved");
    assertThat(moved.doubt()).isEmpty();
    // the other one remembers the same, and was answered with it
    console("one");
    assertThat(moved.doubt()).isEmpty();
  }

  @Test
  void goingBackToBeforeAConfirmationIsNoticed() {
    var one = console("one");
    var before = one.id();
    jdbc.sql("update installation set doubt = 'restored', doubted_at = now()").update();
    one.confirm(AMY);
    one.check();
    assertThat(one.id()).isNotEqualTo(before);
    jdbc.sql("truncate former_installation").update();
    jdbc.sql("update installation set id = :before").param("before", before).update();
    one.check();
    assertThat(one.doubt()).isPresent();
  }

  @Test
  void anUnreadableMemoryIsNone() throws IOException {
    console("one");
    Files.writeString(folders.resolve("one/installation"), "console=" + UUID.randomUUID());
    var one = console("one");
    assertThat(one.doubt()).isEmpty();
    assertThat(Files.readString(folders.resolve("one/installation"))).contains(one.id().toString());
  }

  @Test
  void aFolderThatCannotBeWrittenKeepsNobodyFromWorking() throws IOException {
    Files.writeString(folders.resolve("file"), "in the way");
    var one = console("file/below");
    one.check();
    assertThat(one.doubt()).isEmpty();
    assertThat(jdbc.sql("select count(*) from witness").query(Long.class).single()).isEqualTo(1);
  }
}
