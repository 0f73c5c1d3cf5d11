package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** API tokens over HTTP: what they may do, until when, and that they are shown once. */
@ConsoleTest
class KeysTest {
  private static final Pattern SECRET = Pattern.compile("dcb_[A-Za-z0-9_-]{43}");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  private Browser browser;

  @BeforeEach
  void open() {
    browser = new Browser(port);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aTokenActsAsItsRoleUntilItIsRevoked() {
    var token = make("runner", "OPERATOR", false);
    assertThat(get(token, "/api/v1/probe/me").body()).contains("token runner", "OPERATOR");
    assertThat(post(token, "/api/v1/probe/orders")).isEqualTo(200);
    assertThat(post(token, "/api/v1/hosts/probe")).isEqualTo(403);
    assertThat(get(token, "/api/v1/users").statusCode()).isEqualTo(403);
    assertThat(send("DELETE", ConsoleTest.TOKEN, "/api/v1/tokens/runner", "").statusCode())
        .isEqualTo(204);
    assertThat(get(token, "/api/v1/probe/me").statusCode()).isEqualTo(401);
  }

  @Test
  void aReadOnlyTokenChangesNothingWhateverItsRole() {
    var token = make("reader", "ADMINISTRATOR", true);
    assertThat(get(token, "/api/v1/audit?limit=1").statusCode()).isEqualTo(200);
    var refused = send("POST", token, "/api/v1/probe/orders", "{}");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("The API token reader may only read.");
    assertThat(send("DELETE", token, "/api/v1/tokens/reader", "").statusCode()).isEqualTo(403);
  }

  @Test
  void anExpiredTokenIsRefused() {
    var token = make("old", "VIEWER", false);
    assertThat(get(token, "/api/v1/probe/me").statusCode()).isEqualTo(200);
    jdbc.sql("update api_token set expires_at = now() - interval '1 second' where name = 'old'")
        .update();
    var refused = get(token, "/api/v1/probe/me");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).contains("The API token old has expired.");
  }

  @Test
  void theSecretIsShownOnceAndKeptNowhere() {
    var token = make("once", "VIEWER", false);
    assertThat(get(ConsoleTest.TOKEN, "/api/v1/tokens").body())
        .contains("\"name\":\"once\"")
        .doesNotContain(token);
    for (var table : new String[] {"api_token", "audit_entry"}) {
      assertThat(
              jdbc.sql(
                      "select count(*) from " + table + " t where position(:secret in t::text) > 0")
                  .param("secret", token)
                  .query(Long.class)
                  .single())
          .as(table)
          .isZero();
    }
    assertThat(
            jdbc.sql("select count(*) from api_token where token_hash = :plain")
                .param("plain", token.getBytes(StandardCharsets.UTF_8))
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void theTokenOfTheSettingsIsTheSettings() {
    var refused = send("DELETE", ConsoleTest.TOKEN, "/api/v1/tokens/environment", "");
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.body()).contains("DCBALANCE_ADMIN_TOKEN");
  }

  private String make(String name, String role, boolean readOnly) {
    send("DELETE", ConsoleTest.TOKEN, "/api/v1/tokens/" + name, "");
    var made =
        send(
            "POST",
            ConsoleTest.TOKEN,
            "/api/v1/tokens",
            "{\"name\":\"%s\",\"role\":\"%s\",\"readOnly\":%s,\"days\":1}"
                .formatted(name, role, readOnly));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    var secret = SECRET.matcher(made.body());
    assertThat(secret.find()).isTrue();
    return secret.group();
  }

  private HttpResponse<String> get(String token, String path) {
    return browser.get(path, "Authorization", "Bearer " + token);
  }

  private int post(String token, String path) {
    return send("POST", token, path, "{\"name\":\"a\",\"count\":1,\"host\":2}").statusCode();
  }

  private HttpResponse<String> send(String method, String token, String path, String body) {
    return browser.send(
        browser
            .request(path)
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + token)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }
}
