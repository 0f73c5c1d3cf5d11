package org.dcbalance.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What people and programs do by page and API is noted, with what it was before and from where. */
@ConsoleTest
class AuditTest {
  private static final String BEARER = "Bearer " + ConsoleTest.TOKEN;

  @LocalServerPort private int port;
  @Autowired private AuditEntries entries;
  @Autowired private AuditLog log;
  @Autowired private PoolPolicy pools;
  @Autowired private JdbcClient jdbc;
  @Autowired private TransactionTemplate transaction;
  private Browser browser;
  private long before;

  @BeforeEach
  void remember() {
    browser = new Browser(port);
    before = entries.list(all(), Long.MAX_VALUE, 1).stream().mapToLong(AuditEntry::id).sum();
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aChangedPoolIsNotedWithItsValuesBeforeAndAfter() {
    var id = pools.add("audit-" + before, new Operator("amy")).id();
    json(
        "PATCH",
        "/api/v1/pools/" + id,
        "{\"automation\":\"OBSERVE\",\"note\":\"=cmd|'/c calc'!A1\"}");
    var entry = newest(Act.POOL_CHANGED);
    assertThat(entry.who()).isEqualTo("token environment");
    assertThat(entry.object()).isEqualTo("audit-" + before);
    assertThat(entry.objectId()).isEqualTo(id.value());
    assertThat(entry.address()).isEqualTo("127.0.0.1");
    assertThat(entry.requestId()).isNotNull();
    assertThat(entry.differences())
        .containsExactly(
            new AuditEntry.Difference("automation", "MANUAL", "OBSERVE"),
            new AuditEntry.Difference("note", "", "=cmd|'/c calc'!A1"));

    json("PATCH", "/api/v1/pools/" + id, "{\"automation\":\"OBSERVE\"}");
    assertThat(newest(Act.POOL_CHANGED)).as("nothing changed").isEqualTo(entry);

    var csv = get("/api/v1/audit.csv?act=POOL_CHANGED");
    assertThat(csv.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/csv");
    assertThat(csv.headers().firstValue("Content-Disposition").orElseThrow())
        .contains("attachment");
    assertThat(csv.body()).contains("token environment,Pool changed,pool," + id.value());
    assertThat(get("/api/v1/audit?q=audit-" + before + "&limit=1").body())
        .contains("\"act\":\"POOL_CHANGED\"", "\"next\":\"");
    json("DELETE", "/api/v1/pools/" + id, "");
    assertThat(newest(Act.POOL_REMOVED).before()).containsEntry("automation", "OBSERVE");
  }

  @Test
  void whatIsUndoneIsNotNoted() {
    transaction.executeWithoutResult(
        status -> {
          pools.add("undone-" + before, new Operator("amy"));
          status.setRollbackOnly();
        });
    assertThat(since()).noneMatch(entry -> entry.object().equals("undone-" + before));
  }

  @Test
  void whatCannotBeNotedIsNotDone() {
    assertThatThrownBy(
            () ->
                transaction.executeWithoutResult(
                    status -> {
                      pools.pause(new PoolId(pool()), true, new Operator("amy"));
                      jdbc.sql("alter table audit_entry rename to elsewhere").update();
                      pools.pause(new PoolId(pool()), false, new Operator("amy"));
                    }))
        .isInstanceOf(DataAccessException.class);
    assertThat(
            jdbc.sql("select paused from pool where id = :id")
                .param("id", pool())
                .query(Boolean.class)
                .single())
        .isFalse();
  }

  @Test
  void signInsAndTheirFailuresAreNotedWithoutWhatWasTyped() {
    browser.signIn("admin", ConsoleTest.PASSWORD);
    assertThat(newest(Act.SIGNED_IN).who()).isEqualTo("admin");
    browser.post("/logout", "_csrf=" + browser.csrf("/login"));
    assertThat(newest(Act.SIGNED_OUT).who()).isEqualTo("admin");
    browser.signIn("my secret password", "wrong");
    browser.signIn("admin", "wrong " + before);
    var failed = since().stream().filter(entry -> entry.act().equals("SIGN_IN_FAILED")).toList();
    assertThat(failed).allMatch(entry -> entry.who().equals("somebody"));
    assertThat(failed)
        .extracting(AuditEntry::object)
        .contains("admin")
        .doesNotContain("my secret password");
    assertThat(get("/api/v1/audit").body())
        .doesNotContain("my secret password", ConsoleTest.PASSWORD);
  }

  @Test
  void refusalsAreNotedAtMostOnceAMinute() {
    for (int i = 0; i < 20; i++) {
      assertThat(
              browser
                  .get("/api/v1/hosts/" + before, "Authorization", "Bearer " + "x".repeat(40))
                  .statusCode())
          .isEqualTo(401);
    }
    // none where another test was refused from this address just before
    assertThat(since().stream().filter(entry -> entry.object().endsWith("/hosts/" + before)))
        .hasSizeLessThanOrEqualTo(1)
        .allSatisfy(
            entry -> {
              assertThat(entry.act()).isEqualTo("REFUSED");
              assertThat(entry.refused()).isTrue();
              assertThat(entry.after()).containsEntry("why", "The API token is not known here.");
            });
  }

  @Test
  void nobodyRewritesTheLogByMistake() {
    for (var sql :
        List.of(
            "update audit_entry set who = ''", "delete from audit_entry", "truncate audit_entry")) {
      assertThatThrownBy(() -> jdbc.sql(sql).update())
          .hasMessageContaining("only ever appended to");
    }
  }

  @Test
  void whatANewerConsoleNotedIsShownByItsName() {
    jdbc.sql(
            """
            insert into audit_entry (who, act, kind, object)
            values ('amy', 'HOST_WRAPPED_IN_WOOL', 'request', 'wool-' || cast(:before as text))
            """)
        .param("before", before)
        .update();
    var entry =
        since().stream().filter(e -> e.object().equals("wool-" + before)).findFirst().orElseThrow();
    assertThat(entry.words()).isEqualTo("HOST_WRAPPED_IN_WOOL");
    assertThat(entry.refused()).isFalse();
    assertThat(get("/api/v1/audit?q=wool-" + before).body())
        .contains("\"act\":\"HOST_WRAPPED_IN_WOOL\"");
    assertThat(get("/api/v1/audit.csv?q=wool-" + before).body()).contains("HOST_WRAPPED_IN_WOOL");
    browser.signIn("admin", ConsoleTest.PASSWORD);
    var page = browser.get("/audit?q=wool-" + before);
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("wool-" + before, ">HOST_WRAPPED_IN_WOOL</span>");
  }

  @Test
  void hugeAndStrangeNamesAreTakenDownInPart() {
    log.note(new Operator("amy\0"), Act.REFUSED, Thing.request("GET /" + "x".repeat(5000)));
    var entry = newest(Act.REFUSED);
    assertThat(entry.who()).isEqualTo("amy ");
    assertThat(entry.object()).hasSize(300).endsWith("…");
    log.note(
        new Operator("amy"),
        Act.POOL_CHANGED,
        Thing.request("POST /"),
        Facts.NONE,
        Facts.of("note", "x".repeat(5000)).and("list", List.of("y".repeat(5000))).and("n", 7));
    assertThat(newest(Act.POOL_CHANGED).after().get("note").toString()).hasSize(2000).endsWith("…");
    assertThat(newest(Act.POOL_CHANGED).after().get("list").toString()).hasSize(2000).endsWith("…");
    assertThat(newest(Act.POOL_CHANGED).after()).containsEntry("n", 7);
  }

  private long pool() {
    return jdbc.sql("select min(id) from pool").query(Long.class).single();
  }

  private AuditEntry newest(Act act) {
    return since().stream()
        .filter(entry -> entry.act().equals(act.name()))
        .findFirst()
        .orElseThrow();
  }

  private List<AuditEntry> since() {
    return entries.list(all(), Long.MAX_VALUE, 500).stream()
        .filter(entry -> entry.id() > before)
        .toList();
  }

  private static AuditFilter all() {
    return new AuditFilter(null, null, null, null, null, null, null);
  }

  private HttpResponse<String> get(String path) {
    return browser.get(path, "Authorization", BEARER);
  }

  private void json(String method, String path, String body) {
    var answer =
        browser.send(
            browser
                .request(path)
                .header("Content-Type", "application/json")
                .header("Authorization", BEARER)
                .method(method, BodyPublishers.ofString(body))
                .build());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }
}
