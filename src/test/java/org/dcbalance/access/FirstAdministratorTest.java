package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Problem;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** Starts consoles on an empty database of its own. */
@ConsoleTest
class FirstAdministratorTest {
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";

  @Autowired private JdbcConnectionDetails server;
  @Autowired private JdbcClient console;
  @Autowired private PasswordEncoder encoder;
  @Autowired private JsonMapper json;
  @TempDir private Path folder;

  private JdbcClient jdbc;
  private TransactionTemplate transactions;
  private Users users;
  private ApiTokens tokens;
  private AuditLog audit;

  @BeforeEach
  void makeADatabase() {
    var name = "first_" + UUID.randomUUID().toString().replace('-', '_');
    console.sql("create database " + name).update();
    var database =
        new DriverManagerDataSource(
            server.getJdbcUrl().replaceFirst("(//[^/]+/)[^?]*", "$1" + name),
            server.getUsername(),
            server.getPassword());
    Flyway.configure().dataSource(database).locations("classpath:db/migration").load().migrate();
    jdbc = JdbcClient.create(database);
    transactions = new TransactionTemplate(new JdbcTransactionManager(database));
    users = new Users(jdbc, encoder);
    tokens = new ApiTokens(jdbc);
    audit = new AuditLog(jdbc, json);
  }

  @Test
  void aPasswordIsGeneratedOnceIntoAFileForItsOwnerAlone() throws IOException {
    start(folder, null, null);
    var file = folder.resolve("admin-password");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    var password = Files.readString(file).strip();
    assertThat(password).hasSizeGreaterThanOrEqualTo(24);
    assertThat(valid(password)).isTrue();
    assertThat(users.find("admin").orElseThrow().role()).isEqualTo(Role.ADMINISTRATOR);
    assertThat(jdbc.sql("select password_hash from app_user").query(String.class).single())
        .startsWith("{bcrypt}");

    start(folder, null, null);
    assertThat(Files.readString(file).strip()).isEqualTo(password);
    assertThat(valid(password)).isTrue();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aGivenPasswordIsTakenAndKept() {
    start(folder, "first choice", null);
    assertThat(valid("first choice")).isTrue();
    start(folder, null, null);
    assertThat(valid("first choice")).isTrue();
    start(folder, "second choice", null);
    assertThat(valid("second choice")).isTrue();
    assertThat(folder.resolve("admin-password")).doesNotExist();
  }

  @Test
  void aGivenPasswordReplacesTheGeneratedOneAndItsFile() {
    start(folder, null, null);
    start(folder, "given", null);
    assertThat(valid("given")).isTrue();
    assertThat(folder.resolve("admin-password")).doesNotExist();
  }

  @Test
  void anotherGivenPasswordEndsTheSessionsOfWhoHadTheOldOne() {
    start(folder, "first choice", null);
    session("admin");
    session("amy");
    start(folder, "first choice", null);
    assertThat(sessions()).containsExactly("admin", "amy");
    start(folder, "second choice", null);
    assertThat(sessions()).containsExactly("amy");
  }

  @Test
  void aGivenPasswordLetsADisabledOrDemotedAdministratorInAgain() {
    start(folder, "given", null);
    jdbc.sql("update app_user set enabled = false, role = 'VIEWER'").update();
    session("admin");
    start(folder, "given", null);
    assertThat(users.find("admin").orElseThrow().role()).isEqualTo(Role.ADMINISTRATOR);
    assertThat(users.find("admin").orElseThrow().enabled()).isTrue();
    assertThat(sessions()).isEmpty();
    assertThat(
            jdbc.sql("select after->>'because of' from audit_entry where act = 'USER_CHANGED'")
                .query(String.class)
                .list())
        .containsExactly("DCBALANCE_ADMIN_PASSWORD");
  }

  private void session(String name) {
    jdbc.sql(
            """
            insert into spring_session (primary_id, session_id, creation_time, last_access_time,
              max_inactive_interval, expiry_time, principal_name)
            values (:id, :id, 0, 0, 3600, 9999999999999, :name)
            """)
        .param("id", UUID.randomUUID().toString())
        .param("name", name)
        .update();
  }

  private List<String> sessions() {
    return jdbc.sql("select principal_name from spring_session order by 1")
        .query(String.class)
        .list();
  }

  @Test
  void theTokenLivesAsLongAsItIsSet() {
    start(folder, "p", TOKEN);
    assertThat(tokens.find(TOKEN))
        .hasValueSatisfying(
            token -> {
              assertThat(token.name()).isEqualTo("environment");
              assertThat(token.role()).isEqualTo(Role.ADMINISTRATOR);
            });
    assertThat(
            jdbc.sql("select encode(token_hash, 'escape') from api_token")
                .query(String.class)
                .single())
        .doesNotContain(TOKEN);

    var other = TOKEN.toUpperCase(Locale.ROOT);
    start(folder, "p", other);
    assertThat(tokens.find(TOKEN)).isEmpty();
    assertThat(tokens.find(other)).isPresent();

    start(folder, "p", null);
    assertThat(tokens.find(other)).isEmpty();
  }

  @Test
  void aTokenThatIsTooShortStopsTheStartAndChangesNothing() {
    assertThatExceptionOfType(Problem.class).isThrownBy(() -> start(folder, "p", "short"));
    assertThat(users.find("admin")).isEmpty();
  }

  @Test
  void consolesThatStartTogetherAgreeOnOnePassword() throws Exception {
    var folders = List.of(folder.resolve("a"), folder.resolve("b"), folder.resolve("c"));
    try (var threads = Executors.newFixedThreadPool(folders.size())) {
      var starts =
          folders.stream()
              .map(
                  each ->
                      (Callable<Void>)
                          () -> {
                            start(each, null, TOKEN);
                            return null;
                          })
              .toList();
      for (var start : threads.invokeAll(starts)) {
        start.get();
      }
    }
    var files = folders.stream().map(each -> each.resolve("admin-password")).filter(Files::exists);
    assertThat(files.toList())
        .singleElement()
        .satisfies(file -> assertThat(valid(Files.readString(file).strip())).isTrue());
    assertThat(tokens.find(TOKEN)).isPresent();
  }

  private boolean valid(String password) {
    return encoder.matches(password, users.find("admin").orElseThrow().passwordHash());
  }

  private void start(Path data, @Nullable String password, @Nullable String token) {
    new FirstAdministrator(
            users,
            tokens,
            new OpenSessions(
                jdbc, event -> {}, new SignInSettings(Duration.ofHours(10), Duration.ofHours(24))),
            audit,
            new AdminSettings(password, null, token, null),
            new DatabaseSettings(data, Duration.ofSeconds(1)),
            jdbc,
            transactions)
        .afterSingletonsInstantiated();
  }
}
