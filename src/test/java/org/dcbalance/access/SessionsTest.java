package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import javax.xml.namespace.QName;
import org.dcbalance.access.Accounts.Change;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/** Sessions live in the database: they end when rights do, and hold nothing that runs code. */
@ConsoleTest
class SessionsTest {
  private static final String PASSWORD = "one for all";
  private static final String BEARER = "Bearer " + ConsoleTest.TOKEN;

  private static final Operator BY = new Operator("somebody else");

  @LocalServerPort private int port;
  @Autowired private Users users;
  @Autowired private Accounts accounts;
  @Autowired private OpenSessions sessions;
  @Autowired private TransactionOperations transactions;
  @Autowired private JdbcClient jdbc;
  private Browser browser;
  private String name;

  @BeforeEach
  void open() {
    browser = new Browser(port);
    name = "session-" + System.nanoTime();
    users.add(name, PASSWORD, Role.OPERATOR);
    browser.signIn(name, PASSWORD);
    assertThat(status()).isEqualTo(200);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aSessionIsARowThatAnyConsoleReads() {
    assertThat(
            jdbc.sql(
                    "select max_inactive_interval from spring_session where principal_name = :name")
                .param("name", name)
                .query(Integer.class)
                .single())
        .isEqualTo(10 * 3600);
    assertThat(
            jdbc.sql(
                    """
                    select count(*) from spring_session_attributes a join spring_session s
                      on s.primary_id = a.session_primary_id
                    where s.principal_name = :name
                      and position(convert_to('bcrypt', 'UTF8') in a.attribute_bytes) > 0
                    """)
                .param("name", name)
                .query(Long.class)
                .single())
        .as("the password's hash stays where it is")
        .isZero();
  }

  @Test
  void anotherRoleOrPasswordSignsOut() {
    change("{\"role\":\"VIEWER\"}");
    assertThat(status()).isEqualTo(401);
    browser.signIn(name, PASSWORD);
    assertThat(browser.get("/api/v1/probe/me").body()).contains("VIEWER");
    change("{\"password\":\"another one for all\"}");
    assertThat(status()).isEqualTo(401);
  }

  @Test
  void aDisabledUserIsSignedOutAndStaysOut() {
    change("{\"enabled\":false}");
    assertThat(status()).isEqualTo(401);
    browser.signIn(name, PASSWORD);
    assertThat(status()).isEqualTo(401);
  }

  @Test
  void aRemovedUserIsSignedOut() {
    assertThat(asAdministrator("DELETE", "/api/v1/users/" + name, "").statusCode()).isEqualTo(204);
    assertThat(status()).isEqualTo(401);
  }

  @Test
  void aSignInThatWasUnderWayWhenRightsChangedIsRefused() throws Exception {
    for (var change :
        List.of(
            "role = 'VIEWER'", "enabled = false", "password_hash = '{bcrypt}another'", "removed")) {
      var user = name + change.hashCode();
      users.add(user, PASSWORD, Role.OPERATOR);
      try (var other = new Browser(port);
          var thread = Executors.newSingleThreadExecutor()) {
        var answer =
            transactions.execute(
                status -> {
                  jdbc.sql(
                          change.equals("removed")
                              ? "delete from app_user where name = ?"
                              : "update app_user set " + change + " where name = ?")
                      .param(user)
                      .update();
                  var signingIn = thread.submit(() -> other.signIn(user, PASSWORD));
                  Await.until(
                      "the sign-in waits for the change",
                      Duration.ofSeconds(20),
                      () -> waiting("update app_user set last_signed_in_at%"),
                      n -> n > 0);
                  return signingIn;
                });
        assertThat(answer.get().headers().firstValue("Location").orElseThrow())
            .as(change)
            .endsWith("/login?error");
        assertThat(other.get("/api/v1/probe/me").statusCode()).as(change).isEqualTo(401);
        assertThat(open(user)).as(change).isZero();
      }
    }
  }

  @Test
  void rightsChangeOnlyBeforeOrAfterTheSessionIsStored() throws Exception {
    var user = name + "-locked";
    users.add(user, PASSWORD, Role.OPERATOR);
    try (var other = new Browser(port);
        var threads = Executors.newFixedThreadPool(2)) {
      jdbc.sql(
              """
              create function wait_a_little() returns trigger language plpgsql as
              $$ begin perform pg_advisory_xact_lock(4711); return new; end $$
              """)
          .update();
      jdbc.sql(
              "create trigger wait_a_little before insert or update on spring_session for each row"
                  + " when (new.principal_name like '%-locked') execute function wait_a_little()")
          .update();
      var change =
          transactions.execute(
              status -> {
                jdbc.sql("select pg_advisory_xact_lock(4711)").query(row -> {});
                var unused = threads.submit(() -> other.signIn(user, PASSWORD));
                Await.until(
                    "the session is being stored",
                    Duration.ofSeconds(20),
                    () -> waiting("%SPRING_SESSION%"),
                    n -> n > 0);
                var demoted =
                    threads.submit(
                        () -> accounts.change(user, new Change(null, Role.VIEWER, null), BY));
                Await.until(
                    "the change waits for the sign-in",
                    Duration.ofSeconds(20),
                    () -> waiting("update app_user set role%"),
                    n -> n > 0);
                return demoted;
              });
      change.get();
      assertThat(open(user)).isZero();
    } finally {
      jdbc.sql("drop function wait_a_little() cascade").update();
    }
  }

  @Test
  void sessionsEndADayAfterTheSignInHoweverBusy() {
    jdbc.sql(
            "update spring_session set creation_time = creation_time - 23 * 3600000"
                + " where principal_name = ?")
        .param(name)
        .update();
    sessions.endOld();
    assertThat(status()).isEqualTo(200);
    jdbc.sql(
            "update spring_session set creation_time = creation_time - 2 * 3600000"
                + " where principal_name = ?")
        .param(name)
        .update();
    sessions.endOld();
    assertThat(status()).isEqualTo(401);
  }

  @Test
  void theLastAdministratorIsNotRemoved() {
    users.add(name + "-root", PASSWORD, Role.ADMINISTRATOR);
    transactions.executeWithoutResult(
        status -> {
          jdbc.sql("update app_user set enabled = false where name <> ?")
              .param(name + "-root")
              .update();
          assertThatExceptionOfType(Problem.class)
              .isThrownBy(() -> accounts.remove(name + "-root", BY))
              .withMessageContaining("could administer it any more");
          status.setRollbackOnly();
        });
    accounts.remove(name + "-root", BY);
    assertThat(users.find(name + "-root")).isEmpty();
  }

  @Test
  void whatHoldsASecretDoesNotPrintIt() {
    assertThat(new Change("hush hush hush", null, null).toString()).doesNotContain("hush");
    assertThat(new TokenApi.FreshToken("t", Role.VIEWER, true, null, "hush").toString())
        .doesNotContain("hush");
  }

  private long waiting(String query) {
    // it is read once in a transaction otherwise
    jdbc.sql("select pg_stat_clear_snapshot()").query(row -> {});
    return jdbc.sql(
            "select count(*) from pg_stat_activity"
                + " where wait_event_type = 'Lock' and query ilike ?")
        .param(query)
        .query(Long.class)
        .single();
  }

  private long open(String user) {
    return jdbc.sql("select count(*) from spring_session where principal_name = ?")
        .param(user)
        .query(Long.class)
        .single();
  }

  @Test
  void anAdministratorCanSignSomebodyOut() {
    assertThat(asAdministrator("DELETE", "/api/v1/users/" + name + "/sessions", "").statusCode())
        .isEqualTo(204);
    assertThat(status()).isEqualTo(401);
  }

  @Test
  void whatCannotBeReadSignsOutInsteadOfFailing() {
    assertThat(
            jdbc.sql(
                    """
                    update spring_session_attributes set attribute_bytes = 'broken'
                    where session_primary_id in
                      (select primary_id from spring_session where principal_name = :name)
                    """)
                .param("name", name)
                .update())
        .isPositive();
    assertThat(status()).isEqualTo(401);
    assertThat(browser.signIn(name, PASSWORD).statusCode()).isEqualTo(302);
    assertThat(status()).isEqualTo(200);
  }

  @Test
  void sessionsThatCannotBeReadAreSaidToBeAwayAndNobodyIsSignedOut() {
    jdbc.sql("alter table spring_session rename to elsewhere").update();
    try {
      for (var path : List.of("/", "/login", "/hosts?fragment=table", "/api/v1/probe/me")) {
        var answer = browser.get(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(503);
        assertThat(answer.body()).contains("The database does not answer", "Maybe wait a moment");
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(answer.headers().firstValue("Content-Security-Policy")).isPresent();
      }
      assertThat(browser.get("/app/app.css").statusCode()).isEqualTo(200);
    } finally {
      jdbc.sql("alter table elsewhere rename to spring_session").update();
    }
    assertThat(status()).isEqualTo(200);
  }

  @Test
  void onlyTheClassesOfSessionsAreRead() throws IOException {
    assertThat(SessionContent.read(bytes(new ArrayList<>(List.of("a", Map.of("b", 1L))))))
        .isEqualTo(List.of("a", Map.of("b", 1L)));
    assertThat(SessionContent.read(bytes(new QName("not ours")))).isNull();
    assertThat(SessionContent.read(bytes(new ArrayList<>(List.of(new QName("inside")))))).isNull();
    assertThat(SessionContent.read(bytes(EnumSet.of(PosixFilePermission.OWNER_READ)))).isNull();
  }

  private static byte[] bytes(Object value) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var objects = new ObjectOutputStream(out)) {
      objects.writeObject(value);
    }
    return out.toByteArray();
  }

  private int status() {
    return browser.get("/api/v1/probe/me").statusCode();
  }

  private void change(String body) {
    var answer = asAdministrator("PATCH", "/api/v1/users/" + name, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private HttpResponse<String> asAdministrator(String method, String path, String body) {
    try (var administrator = new Browser(port)) {
      return administrator.send(
          administrator
              .request(path)
              .header("Content-Type", "application/json")
              .header("Authorization", BEARER)
              .method(method, BodyPublishers.ofString(body))
              .build());
    }
  }
}
