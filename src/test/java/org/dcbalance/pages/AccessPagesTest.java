package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.time.Duration;
import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** Users and tokens by the pages, as an administrator clicks through them, and the log of it. */
@ConsolePagesTest
class AccessPagesTest {
  private static final Pattern SECRET = Pattern.compile("value=\"(dcb_[A-Za-z0-9_-]{43})\"");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;
  private SignedIn administrator;

  @BeforeEach
  void signIn() {
    administrator = SignedIn.as(Role.ADMINISTRATOR, port, jdbc, encoder);
  }

  @AfterEach
  void close() {
    administrator.close();
  }

  @Test
  void aUserIsAddedChangedAndRemoved() {
    remove("amy.page");
    assertThat(send("/users", "name", " amy.page ", "password", "ten letters", "role", "VIEWER"))
        .contains("amy.page can sign in as viewer now.");
    try (var amy = new Browser(port)) {
      amy.signIn("amy.page", "ten letters");
      assertThat(amy.get("/hosts").statusCode()).isEqualTo(200);
      assertThat(amy.get("/settings/access").statusCode()).isEqualTo(403);
      assertThat(administrator.page("/settings/access"))
          .contains("1 session", "data-confirm=\"Make amy.page {role}?", "Set role of amy.page");

      assertThat(send("/users/amy.page/role", "role", "OPERATOR"))
          .contains("amy.page is operator now, and has to sign in again.");
      assertThat(amy.get("/hosts").statusCode()).isEqualTo(302);
      amy.signIn("amy.page", "ten letters");
      assertThat(send("/users/amy.page/enabled", "enabled", "false"))
          .contains("cannot sign in any more");
      assertThat(amy.get("/hosts").statusCode()).isEqualTo(302);
      assertThat(send("/users/amy.page/enabled", "enabled", "true")).contains("can sign in again");
      assertThat(send("/users/amy.page/password", "password", "other letters"))
          .contains("amy.page has a new password");
      assertThat(send("/users/amy.page/password", "password", "other letters"))
          .contains("That is the password that amy.page has already.");
      amy.signIn("amy.page", "other letters");
      assertThat(amy.get("/hosts").statusCode()).isEqualTo(200);
      assertThat(send("/users/amy.page/sessions/delete")).contains("signed out everywhere");
      assertThat(amy.get("/hosts").statusCode()).isEqualTo(302);
    }
    assertThat(send("/users/amy.page/delete")).contains("amy.page was removed.");
    assertThat(administrator.page("/audit?q=amy.page"))
        .contains("User added", "User changed", "Password set", "Sessions ended", "User removed")
        .doesNotContain("ten letters", "other letters");
  }

  @Test
  void whatIsRefusedComesBackWithWhatWasTyped() {
    assertThat(send("/users", "name", "Amy Page", "password", "ten letters", "role", "OPERATOR"))
        .contains(
            "lower-case letters", "value=\"Amy Page\"", "<option value=\"OPERATOR\" selected");
    assertThat(send("/users", "name", "somebody", "password", "ten letters", "role", "VIEWER"))
        .contains("calls whoever was not signed in somebody");
    assertThat(send("/users", "name", "amy", "password", "short", "role", "VIEWER"))
        .contains("at least 10 characters");
    assertThat(send("/users", "name", "amy", "password", "ü".repeat(40), "role", "VIEWER"))
        .contains("at most 72 bytes");
    assertThat(send("/tokens", "name", "a b", "role", "VIEWER", "days", "5"))
        .contains("1 to 63 letters", "value=\"a b\"");
    assertThat(send("/tokens", "name", "forever", "role", "VIEWER", "days", "0"))
        .contains("holds for 1 to 3650 days, not 0");
  }

  @Test
  void nobodyTakesTheirOwnRightsAwayOrTheFirstUser() {
    assertThat(send("/users/page-administrator/role", "role", "VIEWER"))
        .contains("Nobody can take their own rights away.");
    assertThat(send("/users/page-administrator/enabled", "enabled", "false"))
        .contains("Nobody can take their own rights away.");
    assertThat(send("/users/admin/delete")).contains("someone has to be able to sign in");
    assertThat(send("/users/nobody/role", "role", "VIEWER"))
        .contains("There is no user named nobody.");
  }

  @Test
  void aTokenIsShownInTheAnswerThatMadeItAndNowhereElse() {
    jdbc.sql("delete from api_token where name = 'by-page'").update();
    var answer =
        administrator.send(
            "/settings/access/tokens",
            "name",
            "by-page",
            "role",
            "VIEWER",
            "days",
            "",
            "readOnly",
            "true");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Cache-Control").orElseThrow()).contains("no-store");
    var secret = SECRET.matcher(answer.body());
    assertThat(secret.find()).isTrue();
    assertThat(administrator.page("/settings/access"))
        .contains("by-page", "read as viewer", "it is revoked")
        .doesNotContain(secret.group(1));
    try (var program = new Browser(port)) {
      var header = "Bearer " + secret.group(1);
      assertThat(program.get("/api/v1/hosts", "Authorization", header).statusCode()).isEqualTo(200);
      assertThat(send("/tokens/by-page/delete")).contains("The token by-page is revoked");
      assertThat(program.get("/api/v1/hosts", "Authorization", header).statusCode()).isEqualTo(401);
    }
    assertThat(send("/tokens/environment/delete")).contains("DCBALANCE_ADMIN_TOKEN");
  }

  @Test
  void tokensOutliveWhoMadeThemAndThePageSaysSo() {
    remove("leaving");
    jdbc.sql("delete from api_token where created_by = 'leaving'").update();
    send("/users", "name", "leaving", "password", "ten letters", "role", "ADMINISTRATOR");
    assertThat(administrator.page("/settings/access")).doesNotContain("made by leaving");
    jdbc.sql(
            """
            insert into api_token (name, token_hash, role, created_by, expires_at) values
              ('leaving-1', 'x1', 'ADMINISTRATOR', 'leaving', null),
              ('leaving-2', 'x2', 'VIEWER', 'leaving', now() + interval '1 day'),
              ('leaving-3', 'x3', 'VIEWER', 'leaving', now() - interval '1 day')
            """)
        .update();
    var left = "2 API tokens made by leaving still act.";
    assertThat(administrator.page("/settings/access"))
        .contains("made 2 API tokens", "Disable leaving? " + left, "Remove leaving? ", left);
    assertThat(notice(send("/users/leaving/role", "role", "VIEWER")))
        .startsWith("warn")
        .contains(left);
    assertThat(notice(send("/users/leaving/enabled", "enabled", "false")))
        .startsWith("warn")
        .contains(left);
    assertThat(notice(send("/users/leaving/enabled", "enabled", "true"))).startsWith("ok");
    send("/tokens/leaving-1/delete");
    assertThat(notice(send("/users/leaving/delete")))
        .startsWith("warn")
        .contains("leaving was removed.", "1 API token made by leaving still acts.");
    jdbc.sql("delete from api_token where created_by = 'leaving'").update();
  }

  @Test
  void roundsTellWhatTheyKnewAndChose() {
    administrator.send("/rounds", "back", "/");
    long id =
        Await.until(
            "a round of the simulated pool",
            Duration.ofSeconds(30),
            () ->
                jdbc.sql(
                        "select max(r.id) from round r join pool p on p.id = r.pool_id where p.simulated")
                    .query(Long.class)
                    .optional()
                    .orElse(null),
            found -> found > 0);
    assertThat(administrator.page("/rounds")).contains("href=\"/rounds/" + id + "\"");
    assertThat(administrator.page("/rounds/" + id))
        .contains("What it knew", "sim-01", "Decided in", "Passed over", "Open after this round")
        .contains("Try other limits on the last 24 h");
    try (var operator = SignedIn.as(Role.OPERATOR, port, jdbc, encoder)) {
      assertThat(operator.page("/rounds/" + id)).doesNotContain("Try other limits");
    }
    assertThat(administrator.fragment("/rounds?fragment=table")).contains("Round ");
    assertThat(administrator.get("/rounds/999999999").statusCode()).isEqualTo(404);
  }

  @Test
  void aRoundTellsWhichHostsWereSilentOrThinByTheMeasureOfItsPool() {
    try (var recorded = new RecordedPool(jdbc, "knew-" + UUID.randomUUID(), 1)) {
      var path = "/rounds/" + roundOfTenSamples(recorded.id());
      var silent = administrator.page(path);
      assertThat(silent).contains("0 of 10").doesNotContain("are not kept any more");
      assertThat(silent.split(">Silent<", -1)).as("three hosts").hasSize(1 + 3);
      sevenSamples(recorded.id());
      assertThat(administrator.page(path).split(">Thin<", -1)).as("80 % are needed").hasSize(1 + 1);
      jdbc.sql("update pool set simulated = true where id = :pool")
          .param("pool", recorded.id())
          .update();
      assertThat(administrator.page(path).split(">Thin<", -1)).as("60 % are needed").hasSize(1);
      jdbc.sql("update round set at = now() - interval '40 days' where pool_id = :pool")
          .param("pool", recorded.id())
          .update();
      assertThat(administrator.page(path))
          .contains("The samples of that time are not kept any more.");
    }
  }

  private long roundOfTenSamples(long pool) {
    return jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold,
              window_seconds, sentence, requested_by)
            values (:pool, 1, now(), 1, 'DCbalance', 'NOT_ENOUGH_DATA', 0.15, 50, '', 'test') returning id
            """)
        .param("pool", pool)
        .query(Long.class)
        .single();
  }

  /** Of one host, within the window of the pool's round. */
  private void sevenSamples(long pool) {
    // a console makes room for today's samples and later ones alone
    jdbc.sql(
            "select make_sample_partition('host_sample', cast((now() - interval '1 minute') at time zone 'UTC' as date))")
        .query(row -> {});
    jdbc.sql(
            """
            insert into host_sample (at, host_id, cpu_cores, cores, cpu_summed, memory_used_bytes, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            select r.at - n * interval '5 seconds', (select min(id) from host where pool_id = :pool), 1, 4, false,
              1024, 2048, 0, 0, 0, 0
            from round r cross join generate_series(1, 7) n where r.pool_id = :pool
            """)
        .param("pool", pool)
        .update();
  }

  @Test
  void theAboutPageTellsWhetherTheAuditLogIsProtected() {
    assertThat(administrator.page("/about"))
        .contains(
            "Not protected",
            "SPRING_FLYWAY_USER",
            "docs/install.md#postgresql",
            "sim-01",
            "PostgreSQL itself",
            "Audit log");
  }

  @Test
  void theAboutPageTellsHowLongRoundsAreKept() {
    assertThat(administrator.page("/about"))
        .contains(
            "<dt>Other rounds</dt><dd>90 d</dd>", "<dt>What rounds decided on</dt><dd>1 d</dd>");
  }

  private String send(String path, String... fields) {
    return administrator.sendAndFollow("/settings/access" + path, fields);
  }

  private void remove(String name) {
    jdbc.sql("delete from app_user where name = ?").param(name).update();
  }
}
