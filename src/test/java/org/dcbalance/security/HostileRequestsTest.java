package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** Requests that no page and no honest program sends. */
@ConsoleTest
class HostileRequestsTest {
  private static final String BEARER = "Bearer " + ConsoleTest.TOKEN;
  private static final int MIB = 1 << 20;

  @LocalServerPort private int port;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
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
  void aFormFromAnotherSiteChangesNothing() {
    browser.signIn("admin", ConsoleTest.PASSWORD);
    for (var path : List.of("/balancing/pause", "/preferences", "/logout", "/rounds")) {
      for (var token : List.of("", "&_csrf=", "&_csrf=11111111-1111-1111-1111-111111111111")) {
        var answer = browser.post(path, "paused=true&back=/" + token);
        assertThat(answer.statusCode()).as(path + token).isEqualTo(403);
        assertThat(answer.body()).contains("The page that sent this is older than your session.");
      }
    }
    assertThat(browser.get("/api/v1/probe/me").statusCode()).as("still signed in").isEqualTo(200);
  }

  @Test
  void aSessionThatWasPlantedBeforehandIsNotTheOneSignedIn() {
    browser.get("/login");
    var planted = cookie();
    browser.signIn("admin", ConsoleTest.PASSWORD);
    assertThat(cookie()).isNotEqualTo(planted);
    try (var attacker = new Browser(port)) {
      var name = browser.cookies().getCookieStore().getCookies().getFirst().getName();
      assertThat(attacker.get("/api/v1/probe/me", "Cookie", name + "=" + planted).statusCode())
          .isEqualTo(401);
      // an id of the attacker's own making is not taken over either
      assertThat(
              attacker
                  .get("/login", "Cookie", name + "=bXktb3duLXNlc3Npb24")
                  .headers()
                  .firstValue("Set-Cookie"))
          .hasValueSatisfying(
              set ->
                  assertThat(set).contains("HttpOnly", "SameSite=Lax").doesNotContain("bXktb3du"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "http:evil.example",
        "/ok\r\nSet-Cookie: planted=1",
        "%0d%0aSet-Cookie:%20planted=1"
      })
  void nothingLeadsToAnotherSiteOrWritesHeaders(String back) {
    browser.signIn("admin", ConsoleTest.PASSWORD);
    var answer =
        browser.post(
            "/preferences",
            "theme=dark&_csrf=%s&back=%s"
                .formatted(
                    browser.csrf("/login"),
                    java.net.URLEncoder.encode(back, StandardCharsets.UTF_8)));
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location").orElseThrow())
        .matches("(http://127\\.0\\.0\\.1:" + port + ")?/")
        .doesNotContain("evil");
    assertThat(answer.headers().allValues("Set-Cookie")).noneMatch(set -> set.contains("planted"));
  }

  @Test
  void aSignInLeadsBackToThisSiteAlone() {
    for (var path :
        List.of("/?continue=https://evil.example", "/%5cevil.example", "/%2fevil.example")) {
      browser.get(path, "Accept", "text/html");
      var to =
          browser
              .signIn("admin", ConsoleTest.PASSWORD)
              .headers()
              .firstValue("Location")
              .orElseThrow();
      assertThat(java.net.URI.create("http://127.0.0.1:" + port + "/").resolve(to).getHost())
          .isEqualTo("127.0.0.1");
    }
  }

  @Test
  void whatAClientCallsItsRequestIsNotEchoedUnlessItIsSane() {
    for (var id : List.of("<script>", "a b", "x".repeat(65), "a;b")) {
      assertThat(browser.get("/login", "X-Request-Id", id).headers().firstValue("X-Request-Id"))
          .hasValueSatisfying(own -> assertThat(own).isNotEqualTo(id).matches("[0-9a-f]{16}"));
    }
  }

  @Test
  void bodiesThatAreTooLargeAreRefusedAnnouncedOrNot() {
    var large = "{\"name\":\"" + "x".repeat(2 * MIB) + "\",\"count\":1,\"host\":2}";
    var announced = post("/api/v1/probe/orders", large);
    assertThat(announced).isEqualTo(413);
    var body = large.getBytes(StandardCharsets.UTF_8);
    var chunked =
        browser.send(
            browser
                .request("/api/v1/probe/orders")
                .header("Content-Type", "application/json")
                .header("Authorization", BEARER)
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> (InputStream) new ByteArrayInputStream(body)))
                .build());
    assertThat(chunked.statusCode()).isEqualTo(413);
    assertThat(post("/api/v1/probe/orders", "{\"name\":\"a\",\"count\":1,\"host\":2}"))
        .isEqualTo(200);
  }

  @Test
  void aFormThatDoesNotSayHowLongItIsHasTheSameLimit() {
    var form = ("username=" + "x".repeat(MIB + MIB / 2)).getBytes(StandardCharsets.UTF_8);
    var answer =
        browser.send(
            browser
                .request("/login")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> (InputStream) new ByteArrayInputStream(form)))
                .build());
    assertThat(answer.statusCode()).isEqualTo(413);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{\"name\":1e999999999}",
        "{\"name\":\"a\",\"count\":99999999999999999999,\"host\":2}",
        "{\"name\":\"a\",\"count\":1,\"host\":{\"value\":{\"value\":1}}}",
        "\u0000\u0001\u0002",
        "{\"name\":\"\\ud800\",\"count\":1,\"host\":\"x\"}",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"
      })
  void bodiesThatMakeNoSenseAreRefusedWithASentence(String body) {
    var answer = send("/api/v1/probe/orders", body);
    assertThat(answer.statusCode()).as(body).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(answer.body()).doesNotContain("Exception", "org.", "root:");
  }

  @Test
  void anEmptyObjectIsNoMistakeOfTheConsole() {
    for (var route : Route.all(mappings)) {
      if (route.changes() && route.program()) {
        var answer = send(route.method(), route.address(), "{}");
        assertThat(answer.body()).as(route.toString()).doesNotContain("\"INTERNAL\"");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          users                         | {"name":"a","password":"one of twelve"}  | role
          tokens                        | {"name":"a"}                             | role
          pools                         | {"note":"a"}                             | name
          pools                         | {"name":"a","networks":[null]}           | networks
          hosts/test                    | {"poolId":null}                          | no hypervisor of the kind
          notification-destinations     | {"name":"a","events":["HOST_BACK"]}      | kind
          virtual-clusters              | {"name":"a","vmIds":[null,null]}         | vmIds
          cluster-checkpoints/1/restore | {"hosts":[{"vmId":3}]}                   | hosts[0].hostId
          """)
  void whatABodyLacksIsNamed(String path, String body, String named) {
    var answer = send("POST", "/api/v1/" + path, body);
    assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 422);
    assertThat(answer.body()).contains(named).doesNotContain("needs a body");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/audit?q=%00",
        "/events?host=%00",
        "/reports/migrations?q=%00",
        "/events?to=%2B999999999-12-31",
        "/audit?from=-999999999-01-01",
        "/reports/downtime?to=-999999999-01-01",
        "/reports/strategies?to=%2B999999999-12-31",
        "/api/v1/audit?to=-1000000000-01-01T00:00:00Z",
        "/api/v1/events?from=%2B1000000000-12-31T23:59:59Z",
        "/api/v1/reports/migrations?from=%2B300000-01-01T00:00:00Z",
        "/api/v1/pools/1/load?to=-1000000000-01-01T00:00:00Z"
      })
  void valuesThatNothingHoldsAreRefusedWithASentence(String address) {
    browser.signIn("admin", ConsoleTest.PASSWORD);
    var answer = browser.get(address);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).doesNotContain("what is stored already", "made a mistake");
  }

  @Test
  void aTableThatFailsBeforeItsFirstRowIsNoTable() {
    for (var table : List.of("audit", "events", "reports/migrations", "reports/downtime")) {
      var value = table.equals("events") ? "?vm=%00" : "?q=%00";
      var answer = browser.get("/api/v1/" + table + ".csv" + value, "Authorization", BEARER);
      assertThat(answer.statusCode()).as(table).isEqualTo(400);
      var headers = answer.headers();
      assertThat(headers.firstValue("Content-Type")).hasValue("application/problem+json");
      assertThat(headers.firstValue("Content-Disposition")).isEmpty();
      assertThat(headers.firstValue("X-Request-Id")).isPresent();
      assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
    }
  }

  @Test
  void fieldsWithoutANameThatCanBeAreRefused() {
    browser.signIn("admin", ConsoleTest.PASSWORD);
    var form = "a%00=1&_csrf=" + browser.csrf("/login");
    assertThat(browser.post("/checkpoint-schedules", form).statusCode()).isEqualTo(400);
  }

  @Test
  void deepNestingDoesNotExhaustTheStack() {
    assertThat(post("/api/v1/probe/orders", "{\"name\":" + "[".repeat(200_000))).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/app/../../../etc/passwd",
        "/app/..%2f..%2f..%2fetc/passwd",
        "/app/%2e%2e/%2e%2e/application.yaml",
        "/app/..;/application.yaml",
        "/app/..\\application.yaml",
        "/app//../application.yaml",
        "/app/%00app.js",
        "/static/app/app.js",
        "/application.yaml",
        "/WEB-INF/web.xml",
        "/db/migration/V1__fleet.sql",
        "/templates/login.html"
      })
  void nothingButTheFrontEndsFilesIsServed(String path) throws IOException {
    var answer = raw("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    // signed out: a page that is not there leads to the sign-in
    assertThat(answer).startsWith("HTTP/1.1 ").doesNotStartWith("HTTP/1.1 200");
    assertThat(answer).doesNotContain("root:x", "hibernate", "create table");
  }

  @Test
  void requestsThatNoParserShouldTakeAreRefused() throws IOException {
    var begin = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
    for (var request :
        List.of(
            begin + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            begin + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            begin + "Content-Length: -1\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
            "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "TRACE /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) {
      assertThat(raw(request))
          .as(request.lines().findFirst().orElseThrow())
          .matches("(?s)HTTP/1\\.1 (4\\d\\d|501).*");
    }
  }

  @Test
  void answersSayNothingOfWhatServesThem() {
    for (var path : List.of("/login", "/nothing", "/api/v1/nothing", "/actuator/health")) {
      var answer = browser.get(path);
      assertThat(answer.headers().firstValue("Server")).as(path).isEmpty();
      assertThat(answer.headers().firstValue("X-Powered-By")).as(path).isEmpty();
      assertThat(answer.headers().firstValue("X-Frame-Options")).as(path).hasValue("DENY");
      assertThat(answer.body()).as(path).doesNotContain("Whitelabel", "Tomcat", "at org.");
    }
  }

  private String cookie() {
    return browser.cookies().getCookieStore().getCookies().stream()
        .filter(each -> each.getName().startsWith("dcbalance"))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private int post(String path, String body) {
    return send(path, body).statusCode();
  }

  private HttpResponse<String> send(String path, String body) {
    return send("POST", path, body);
  }

  private HttpResponse<String> send(String method, String path, String body) {
    return browser.send(
        browser
            .request(path)
            .header("Content-Type", "application/json")
            .header("Authorization", BEARER)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      var answer = new ByteArrayOutputStream();
      try {
        socket.getInputStream().transferTo(answer);
      } catch (SocketException reset) {
        // after the answer, where the console closed without having read all of the request
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    }
  }
}
