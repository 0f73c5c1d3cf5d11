package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.mock.web.MockHttpServletRequest;

@ConsoleTest
class RefusalLogTest {
  @Autowired private AuditLog audit;
  @Autowired private JdbcClient jdbc;

  private Instant now = Instant.parse("2026-01-31T14:00:00Z");
  private RefusalLog log;
  private long before;

  @BeforeEach
  void begin() {
    log =
        new RefusalLog(
            audit,
            new Clock() {
              @Override
              public Instant instant() {
                return now;
              }

              @Override
              public ZoneOffset getZone() {
                return ZoneOffset.UTC;
              }

              @Override
              public Clock withZone(ZoneId zone) {
                return this;
              }
            });
    before = jdbc.sql("select coalesce(max(id), 0) from audit_entry").query(Long.class).single();
  }

  @Test
  void madeUpPathsOfNobodyAreOneRefusal() {
    for (int i = 0; i < 300; i++) {
      refuse(AuditLog.SOMEBODY, "/refused/" + i, "10.9.8.7");
    }
    assertThat(noted("/refused/%")).singleElement().asString().doesNotContain("before");
    now = now.plus(RefusalLog.PAUSE);
    refuse(AuditLog.SOMEBODY, "/refused/next", "10.9.8.7");
    assertThat(noted("/refused/next")).singleElement().asString().contains("before this\":299");
  }

  @Test
  void nobodyCanHideSignInsOrWhatUsersAreRefused() {
    for (int i = 0; i < 2 * RefusalLog.MOST_PER_PAUSE; i++) {
      refuse(AuditLog.SOMEBODY, "/flood/" + i, "10.9." + i + ".1");
    }
    assertThat(noted("/flood/%")).hasSize(RefusalLog.MOST_PER_PAUSE);
    refuse(new Operator("amy"), "/settings", "10.0.0.1");
    log.signIn(Act.SIGN_IN_FAILED, "amy", request("/login", "10.0.0.1"), "wrong");
    assertThat(noted("/settings")).hasSize(1);
    assertThat(
            jdbc.sql("select count(*) from audit_entry where id > ? and act = 'SIGN_IN_FAILED'")
                .param(before)
                .query(Long.class)
                .single())
        .isPositive();
    now = now.plus(RefusalLog.PAUSE);
    refuse(AuditLog.SOMEBODY, "/after", "10.8.0.1");
    assertThat(noted("/after"))
        .singleElement()
        .asString()
        .contains("left out before this\":" + RefusalLog.MOST_PER_PAUSE);
  }

  private void refuse(Operator by, String path, String address) {
    log.request(by, request(path, address), "Nobody is signed in.");
  }

  private static MockHttpServletRequest request(String path, String address) {
    var request = new MockHttpServletRequest("GET", path);
    request.setServletPath(path);
    request.setRemoteAddr(address);
    return request;
  }

  private List<String> noted(String path) {
    return jdbc.sql(
            "select cast(after as text) from audit_entry where id > ? and object like ? order by id")
        .params(before, "GET " + path)
        .query(String.class)
        .list();
  }
}
