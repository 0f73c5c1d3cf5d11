package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Sessions live in the database: they end when rights do, and hold nothing that runs code. */
@ConsoleTest
class SessionsTest {
  private static final String PASSWORD = "one for all";
  private static final String BEARER = "Bearer " + ConsoleTest.TOKEN;

  @LocalServerPort private int port;
  @Autowired private Users users;
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
