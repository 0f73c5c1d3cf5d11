package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** A program that says what it has seen undoes nothing that it has not. */
@ConsoleTest
class ChangesByApiTest {
  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private JsonMapper json;

  @Test
  void ofAVm() {
    undoesNothingUnseen("vm", "/api/v1/vms/", "select id from vm where name = 'web-01'");
  }

  @Test
  void ofAPool() {
    undoesNothingUnseen("pool", "/api/v1/pools/", "select id from pool where simulated");
  }

  private void undoesNothingUnseen(String table, String things, String query) {
    long id =
        Await.until(
            query,
            Duration.ofSeconds(60),
            Duration.ofMillis(50),
            () -> jdbc.sql(query).query(Long.class).optional().orElse(null),
            found -> true);
    var path = things + id;
    try (var program = new Browser(port)) {
      long seen = version(program.get(path, "Authorization", bearer()));
      var first = change(program, path + "?version=" + seen, "{\"encrypted\":true}");
      assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
      assertThat(version(first)).isNotEqualTo(seen);
      var late = change(program, path + "?version=" + seen, "{\"retries\":4}");
      assertThat(late.statusCode()).as(late.body()).isEqualTo(409);
      assertThat(late.body())
          .contains("was changed after you loaded it, last by token environment");
      var now = program.get(path, "Authorization", bearer());
      assertThat(now.body()).contains("\"encrypted\":true");
      assertThat(version(now)).isEqualTo(version(first));
      var again = change(program, path + "?version=" + version(now), "{\"retries\":4}");
      assertThat(again.body()).contains("\"retries\":4").doesNotContain("\"encrypted\":true");
      assertThat(change(program, path, "{}").statusCode()).as("it need not say").isEqualTo(200);
    } finally {
      jdbc.sql("update " + table + " set move_options = '{}' where id = :id")
          .param("id", id)
          .update();
    }
  }

  private HttpResponse<String> change(Browser program, String path, String options) {
    return program.send(
        program
            .request(path)
            .header("Content-Type", "application/json")
            .header("Authorization", bearer())
            .method(
                "PATCH", HttpRequest.BodyPublishers.ofString("{\"moveOptions\":" + options + "}"))
            .build());
  }

  private long version(HttpResponse<String> answer) {
    return json.readTree(answer.body()).get("version").asLong();
  }

  private static String bearer() {
    return "Bearer " + ConsoleTest.TOKEN;
  }
}
