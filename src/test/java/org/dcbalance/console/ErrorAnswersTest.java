package org.dcbalance.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ConsoleTest
class ErrorAnswersTest {
  private static final String[] TOKEN = {"Authorization", "Bearer " + ConsoleTest.TOKEN};

  @LocalServerPort private int port;
  @Autowired private JsonMapper json;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          conflict   | 409 | CONFLICT    | Round 7 has <superseded> it.                              | Maybe look at round 8.
          hypervisor | 502 | HYPERVISOR  | Host alpha cannot be reached.                             | Maybe look at the host's page: it shows whether the host answers.
          database   | 503 | UNAVAILABLE | The database does not answer. Nothing was changed.        | Maybe wait a moment and try again; if it stays away, look at the PostgreSQL server.
          bug        | 500 | INTERNAL    | DCbalance made a mistake while it answered this request.  | Maybe reload to see what took effect, and look for the request id in the console's log.
          """)
  void programsGetAProblem(String how, int status, String code, String detail, String advice) {
    try (var browser = new Browser(port)) {
      var answer = browser.get("/api/v1/probe/fails/" + how, TOKEN);
      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
      var problem = json.readTree(answer.body());
      assertThat(text(problem, "code")).isEqualTo(code);
      assertThat(text(problem, "detail")).isEqualTo(detail);
      assertThat(text(problem, "advice")).isEqualTo(advice);
      assertThat(problem.get("status").intValue()).isEqualTo(status);
      assertThat(text(problem, "instance")).isEqualTo("/api/v1/probe/fails/" + how);
      assertThat(answer.headers().firstValue("X-Request-Id")).hasValue(text(problem, "requestId"));
      assertThat(answer.body()).doesNotContain("secret of the inside", "Exception");
    }
  }

  @Test
  void halfATableDoesNotPassForAWholeOne() {
    try (var browser = new Browser(port)) {
      assertThat(browser.get("/api/v1/probe/table.csv", TOKEN).body())
          .startsWith("n\r\n0\r\n1\r\n")
          .endsWith(
              "\r\n99999\r\n"
                  + "This table is not whole. DCbalance made a mistake while it answered this request.\r\n");
    }
  }

  @Test
  void theDocumentHasEveryCodeWithEveryStatusThatItComesWith() throws IOException {
    var documented = new ArrayList<String>();
    for (var line : Files.readAllLines(Path.of("docs/api.md"))) {
      var row = Pattern.compile("\\| `([A-Z_]+)` \\| ([0-9, ]+) \\|.*").matcher(line);
      if (row.matches()) {
        for (var status : row.group(2).split(",")) {
          documented.add(row.group(1) + " " + status.strip());
        }
      }
    }
    var answered = new ArrayList<String>();
    for (var code : ErrorCode.values()) {
      answered.add(code.name() + " " + code.httpStatus());
    }
    try (var browser = new Browser(port)) {
      var pools = "/api/v1/pools";
      var json = HttpRequest.BodyPublishers.ofString("{}");
      answered.add(answer(browser, browser.request(pools).method("PATCH", json)));
      answered.add(answer(browser, browser.request(pools).header("Accept", "image/png")));
      answered.add(
          answer(browser, browser.request(pools).header("Content-Type", "text/plain").POST(json)));
      var large = HttpRequest.BodyPublishers.ofString(" ".repeat(2 << 20));
      answered.add(
          answer(
              browser,
              browser.request(pools).header("Content-Type", "application/json").POST(large)));
    }
    assertThat(answered)
        .contains("BAD_REQUEST 405", "BAD_REQUEST 406", "BAD_REQUEST 413", "BAD_REQUEST 415");
    assertThat(documented).containsExactlyInAnyOrderElementsOf(answered);
  }

  private String answer(Browser browser, HttpRequest.Builder request) {
    var answer = browser.send(request.header(TOKEN[0], TOKEN[1]).build());
    return text(json.readTree(answer.body()), "code") + " " + answer.statusCode();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"name":"a","count":1,"host":2,"pool":3} | There is no property "pool" here.                                | Maybe it is one of: count, host, name.
          {"name":"a","count":"x","host":2}        | "count" has a value that cannot be read.                         | Maybe give a number.
          {"name":" ","count":1,"host":2}          | "name" must not be blank. Nothing was changed.                   | Maybe correct this and send it again.
          {"name":"a","count":1,                   | The body is not JSON: line 1, column 23.                         | Maybe look for a missing quote, comma or bracket there.
          [1]                                      | The body is not what is expected here.                           | Maybe send an object.
          """)
  void aBadBodyIsNamed(String body, String detail, String advice) {
    try (var browser = new Browser(port)) {
      var answer = order(browser, body);
      assertThat(answer.statusCode()).isEqualTo(400);
      var problem = json.readTree(answer.body());
      assertThat(text(problem, "detail")).isEqualTo(detail);
      assertThat(text(problem, "advice")).isEqualTo(advice);
    }
  }

  @Test
  void aBodyInOrderIsReadWithIdsAsNumbers() {
    try (var browser = new Browser(port)) {
      var answer = order(browser, "{\"name\":\"a\",\"count\":1,\"host\":2}");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("{\"name\":\"a\",\"count\":1,\"host\":2}");
    }
  }

  @Test
  void wrongIdsPathsAndMethodsAreNamed() {
    try (var browser = new Browser(port)) {
      var id = browser.send(browser.request("/api/v1/probe/seven").headers(TOKEN).DELETE().build());
      assertThat(id.statusCode()).isEqualTo(400);
      assertThat(id.body()).contains("\\\"host\\\" cannot be seven.");

      var path = browser.get("/api/v1/no-such-thing", TOKEN);
      assertThat(path.statusCode()).isEqualTo(404);
      assertThat(path.body()).contains("There is nothing at /api/v1/no-such-thing.");

      var method = browser.get("/api/v1/probe/orders", TOKEN);
      assertThat(method.statusCode()).isEqualTo(405);
      assertThat(method.body()).contains("Maybe use DELETE or POST.");
    }
  }

  @Test
  void listsArePagedByCursor() {
    try (var browser = new Browser(port)) {
      assertThat(browser.get("/api/v1/probe/rows?limit=2", TOKEN).body())
          .isEqualTo("{\"items\":[1,2],\"next\":\"2\"}");
      assertThat(browser.get("/api/v1/probe/rows?limit=3&after=2", TOKEN).body())
          .isEqualTo("{\"items\":[3,4,5],\"next\":null}");
      assertThat(browser.get("/api/v1/probe/rows?limit=0", TOKEN).statusCode()).isEqualTo(400);
      assertThat(browser.get("/api/v1/probe/rows?after=x", TOKEN).body())
          .contains("Maybe start again without");
    }
  }

  @Test
  void fragmentsGetALineOfHtml() {
    try (var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      var answer = browser.get("/probe/fails/conflict", "HX-Request", "true");
      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(answer.body())
          .startsWith("<p class=\"problem\"")
          .contains("Round 7 has &lt;superseded&gt; it.", "Maybe look at round 8.");
    }
  }

  @Test
  void peopleGetAPageWithTheSentence() {
    try (var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      var answer =
          browser.get("/probe/fails/conflict", "Accept", "text/html", "X-Request-Id", "me-7");
      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
      assertThat(answer.body())
          .contains("Round 7 has &lt;superseded&gt; it.", "Maybe look at round 8.", "me-7");

      var missing = browser.get("/no-such-page", "Accept", "text/html");
      assertThat(missing.statusCode()).isEqualTo(404);
      assertThat(missing.body()).contains("There is nothing at /no-such-page.");
    }
  }

  @Test
  void anInsaneRequestIdIsReplaced() {
    try (var browser = new Browser(port)) {
      var answer = browser.get("/actuator/health", "X-Request-Id", "<script>");
      assertThat(answer.headers().firstValue("X-Request-Id").orElseThrow()).matches("[0-9a-f]{16}");
    }
  }

  @Test
  void theApiDescribesItself() {
    try (var browser = new Browser(port)) {
      var api = json.readTree(browser.get("/v3/api-docs", TOKEN).body());
      assertThat(text(api.at("/info"), "title")).isEqualTo("DCbalance");
      assertThat(text(api.at("/components/securitySchemes/token"), "scheme")).isEqualTo("bearer");
      assertThat(api.at("/components/schemas/Problem/properties").has("advice")).isTrue();
      assertThat(
              text(
                  api.at("/paths/~1api~1v1~1probe~1rows/get/responses/default/content")
                      .get("application/problem+json")
                      .get("schema"),
                  "$ref"))
          .isEqualTo("#/components/schemas/Problem");
      var parameters = api.at("/paths/~1api~1v1~1probe~1rows/get/parameters");
      assertThat(parameters.findValuesAsString("name")).containsExactly("limit", "after");
      assertThat(api.at("/paths").has("/probe/me")).isFalse();
    }
  }

  private static HttpResponse<String> order(Browser browser, String body) {
    return browser.send(
        browser
            .request("/api/v1/probe/orders")
            .headers(TOKEN)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private static String text(JsonNode node, String name) {
    return node.path(name).asString();
  }
}
