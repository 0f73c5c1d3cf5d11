package org.dcbalance.access;

import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.PostgresForTests;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;

/**
 * A console behind a proxy on the same machine that speaks TLS to browsers, set up as
 * docs/install.md has it.
 */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/proxy-test",
      "dcbalance.admin.password=" + ConsoleTest.PASSWORD,
      "dcbalance.simulated.enabled=false",
      "server.forward-headers-strategy=native"
    })
@Import(PostgresForTests.class)
@DirtiesContext
class BehindProxyTest {
  private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");
  private static final URI OUTSIDE = URI.create("https://dcbalance.example.org/login");
  private static final String THIS_MACHINE = "127.0.0.1";

  /** Of this machine as well, but none that is believed. */
  private static final String STRANGER = "127.0.0.2";

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;

  /** A browser behind a proxy, or whoever pretends to be one. */
  private final class Visit implements AutoCloseable {
    private final HttpClient client;
    private final String forwardedFor;
    private @Nullable String cookie;

    Visit(String proxy, String forwardedFor) {
      this.client =
          HttpClient.newBuilder()
              .localAddress(InetAddress.ofLiteral(proxy))
              .followRedirects(HttpClient.Redirect.NEVER)
              .build();
      this.forwardedFor = forwardedFor;
    }

    HttpResponse<String> get(String path) throws Exception {
      return send(request(path));
    }

    HttpResponse<String> post(String path, String form) throws Exception {
      var token = CSRF.matcher(get("/login").body());
      assertThat(token.find()).isTrue();
      return send(
          request(path)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(BodyPublishers.ofString(form + "&_csrf=" + encode(token.group(1), UTF_8))));
    }

    HttpResponse<String> signIn(String name, String password) throws Exception {
      return post(
          "/login",
          "username=%s&password=%s".formatted(encode(name, UTF_8), encode(password, UTF_8)));
    }

    private HttpRequest.Builder request(String path) {
      return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
          .timeout(Duration.ofSeconds(30))
          .header("X-Forwarded-For", forwardedFor)
          .header("X-Forwarded-Proto", "https")
          .header("X-Forwarded-Host", "dcbalance.example.org")
          .header("X-Forwarded-Port", "443");
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
      if (cookie != null) {
        request.header("Cookie", cookie);
      }
      var answer = client.send(request.build(), BodyHandlers.ofString());
      answer.headers().allValues("Set-Cookie").stream()
          .filter(set -> set.startsWith("dcbalance-"))
          .forEach(set -> cookie = set.substring(0, set.indexOf(';')));
      return answer;
    }

    @Override
    public void close() {
      client.shutdownNow();
      client.close();
    }
  }

  @Test
  void cookiesAreSecureAndBrowsersAreToldToStayWithTls() throws Exception {
    try (var visit = new Visit(THIS_MACHINE, "203.0.113.7")) {
      for (var path : List.of("/login", "/app/app.js", "/api/v1/hosts")) {
        assertThat(visit.get(path).headers().firstValue("Strict-Transport-Security"))
            .as(path)
            .hasValue("max-age=31536000");
      }
      var signedIn = visit.signIn("admin", ConsoleTest.PASSWORD);
      assertThat(signedIn.headers().allValues("Set-Cookie"))
          .singleElement()
          .asString()
          .startsWith("dcbalance-")
          .contains("; Secure", "; HttpOnly", "; SameSite=Lax");
      assertThat(leads(signedIn)).isEqualTo(OUTSIDE.resolve("/"));
      assertThat(visit.get("/about").statusCode()).isEqualTo(200);
      assertThat(visit.post("/preferences", "theme=dark").headers().allValues("Set-Cookie"))
          .singleElement()
          .asString()
          .startsWith("theme=dark")
          .contains("; Secure");
    }
    try (var visit = new Visit(THIS_MACHINE, "203.0.113.7")) {
      assertThat(leads(visit.get("/about"))).isEqualTo(OUTSIDE);
    }
  }

  @Test
  void theAuditLogHasTheClientAndNotWhatItSaysOfItself() throws Exception {
    try (var visit = new Visit(THIS_MACHINE, "198.51.100.1, 203.0.113.17")) {
      visit.signIn("admin", ConsoleTest.PASSWORD);
    }
    assertThat(noted("SIGNED_IN", "203.0.113.17")).isEqualTo(1);
    assertThat(noted("SIGNED_IN", "198.51.100.1")).isZero();
  }

  @Test
  void theBrakeHoldsOffWhoGuessesAndNobodyElseBehindTheProxy() throws Exception {
    try (var guessing = new Visit(THIS_MACHINE, "203.0.113.27");
        var other = new Visit(THIS_MACHINE, "203.0.113.28")) {
      var said = "";
      // on a slow machine a second is over before it is asked again: each failure doubles it
      for (int i = 0; i < 2 * SignInBrake.FREE_FAILURES && !said.contains("wait="); i++) {
        said = leads(guessing.signIn("admin", "wrong")).toString();
      }
      assertThat(said).contains("wait=");
      assertThat(leads(other.signIn("admin", ConsoleTest.PASSWORD)))
          .isEqualTo(OUTSIDE.resolve("/"));
    }
    assertThat(noted("SIGN_IN_FAILED", "203.0.113.27")).isPositive();
  }

  @Test
  void whoIsNoProxyOfOursIsNotBelieved() throws Exception {
    try (var visit = new Visit(STRANGER, "203.0.113.37")) {
      var page = visit.get("/login");
      assertThat(page.headers().firstValue("Strict-Transport-Security")).isEmpty();
      assertThat(page.headers().allValues("Set-Cookie"))
          .singleElement()
          .asString()
          .doesNotContain("Secure");
      visit.signIn("admin", "wrong");
    }
    assertThat(noted("SIGN_IN_FAILED", STRANGER)).isPositive();
    assertThat(noted("SIGN_IN_FAILED", "203.0.113.37")).isZero();
  }

  /** Tell where a browser goes, whether by a path or a whole address. */
  private static URI leads(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(302);
    return OUTSIDE.resolve(answer.headers().firstValue("Location").orElseThrow());
  }

  private long noted(String act, String address) {
    return jdbc.sql("select count(*) from audit_entry where act = :act and address = :address")
        .param("act", act)
        .param("address", address)
        .query(Long.class)
        .single();
  }
}
