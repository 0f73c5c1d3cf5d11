package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

@ConsoleTest
class AccessTest {
  private static final String ORDER = "{\"name\":\"a\",\"count\":1,\"host\":2}";
  private static final String PASSWORD = "one for all";

  @LocalServerPort private int port;
  @Autowired private Users users;
  private Browser browser;

  @BeforeEach
  void open() {
    for (var role : Role.values()) {
      users.add(role.word(), PASSWORD, role);
    }
    browser = new Browser(port);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @ParameterizedTest
  @CsvSource({
    "viewer,        /probe/orders, 403, needs the role operator",
    "operator,      /probe/orders, 200, count",
    "administrator, /probe/orders, 200, count",
    "viewer,        /hosts/probe,  403, needs the role administrator",
    "operator,      /hosts/probe,  403, needs the role administrator",
    "administrator, /hosts/probe,  200, count",
  })
  void changesNeedARoleThatAllowsThem(String role, String path, int status, String said) {
    browser.signIn(role, PASSWORD);
    assertThat(browser.get("/probe/me").body())
        .isIn(
            "{\"name\":\"%s\",\"role\":\"%s\"}".formatted(role, Role.valueOf(upper(role))),
            "{\"role\":\"%s\",\"name\":\"%s\"}".formatted(Role.valueOf(upper(role)), role));
    // a form of any page carries the session's token; that of the sign-in page does
    for (var where : new String[] {path, "/api/v1" + path}) {
      var answer = order(where, "X-CSRF-TOKEN", browser.csrf("/login"));
      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.body()).contains(said);
    }
  }

  @Test
  void aSessionWithoutItsFormTokenChangesNothing() {
    browser.signIn("administrator", PASSWORD);
    var answer = order("/api/v1/probe/orders", "Accept", "application/json");
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("The page that sent this is older than your session.");
  }

  @Test
  void nobodyGetsThePageTheyAskedForAfterSigningIn() {
    var asked = browser.get("/probe/me", "Accept", "text/html");
    assertThat(asked.statusCode()).isEqualTo(302);
    assertThat(asked.headers().firstValue("Location").orElseThrow()).endsWith("/login");
    var before = browser.cookies().getCookieStore().getCookies().getFirst().getValue();

    var signedIn = browser.signIn("viewer", PASSWORD);
    assertThat(signedIn.headers().firstValue("Location").orElseThrow()).endsWith("/probe/me");
    var cookie = signedIn.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie).contains("HttpOnly", "SameSite=Lax").doesNotContain(before);
  }

  @Test
  void signedOutProgramsAndFragmentsGet401() {
    var program = browser.get("/api/v1/probe/me");
    assertThat(program.statusCode()).isEqualTo(401);
    assertThat(program.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"DCbalance\"");
    assertThat(program.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(program.body()).contains("\"code\":\"SIGNED_OUT\"", "Maybe send");

    var fragment = browser.get("/hosts?fragment=table", "HX-Request", "true");
    assertThat(fragment.statusCode()).isEqualTo(401);
    assertThat(fragment.headers().firstValue("HX-Redirect")).hasValue("/login");
    assertThat(fragment.body()).contains("Nobody is signed in.").doesNotContain("<form");

    assertThat(browser.get("/live").statusCode()).isEqualTo(401);
    assertThat(order("/api/v1/probe/orders", "Accept", "*/*").statusCode()).isEqualTo(401);
    assertThat(browser.get("/actuator/prometheus").statusCode()).isEqualTo(401);
    assertThat(browser.get("/v3/api-docs").statusCode()).isEqualTo(401);
  }

  @Test
  void aTokenActsWithoutSessionOrFormToken() {
    var answer = order("/api/v1/hosts/probe", "Authorization", "Bearer " + ConsoleTest.TOKEN);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    assertThat(
            browser.get("/api/v1/probe/me", "Authorization", "bearer " + ConsoleTest.TOKEN).body())
        .contains("token environment", "ADMINISTRATOR");
    for (var path : List.of("/actuator/prometheus", "/v3/api-docs", "/v3/api-docs.yaml")) {
      assertThat(browser.get(path, "Authorization", "Bearer " + ConsoleTest.TOKEN).statusCode())
          .as(path)
          .isEqualTo(200);
    }
  }

  @Test
  void aWrongTokenIsRefusedEvenBesideASession() {
    browser.signIn("administrator", PASSWORD);
    var answer = browser.get("/api/v1/probe/me", "Authorization", "Bearer " + "x".repeat(40));
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("The API token is not known here.");
  }

  @Test
  void wrongPasswordsAndUnknownNamesAreAnsweredAlikeAndSlowedDown() {
    for (int i = 0; i < SignInBrake.FREE_FAILURES; i++) {
      assertThat(location(browser.signIn("unknown", "wrong"))).endsWith("/login?error");
      assertThat(location(browser.signIn("viewer", "wrong"))).endsWith("/login?error");
    }
    // on a slow machine the wait may be over before it is asked again; the right password is let in
    // then, and the count begins anew
    Await.until(
        "the right password refused",
        Duration.ofSeconds(30),
        () -> {
          for (int i = 0; i <= SignInBrake.FREE_FAILURES; i++) {
            browser.signIn("viewer", "wrong");
          }
          return location(browser.signIn("viewer", PASSWORD));
        },
        at -> at.contains("/login?error&wait="));
    assertThat(browser.get("/login?error&wait=7").body())
        .contains("Too many sign-ins failed. The next one is looked at in 7 seconds.")
        .doesNotContain("Name and password do not match.");
    Await.until(
        "the unknown name slowed down as well",
        Duration.ofSeconds(5),
        () -> location(browser.signIn("unknown", "wrong")),
        at -> at.contains("/login?error&wait="));
    assertThat(location(browser.signIn("operator", PASSWORD))).endsWith("/");
    Await.until(
        "the right password taken again",
        Duration.ofSeconds(30),
        () -> location(browser.signIn("viewer", PASSWORD)),
        at -> !at.contains("error"));
  }

  @Test
  void withoutAProxyThatIsSetUpNobodysWordOfTlsIsTaken() {
    var page =
        browser.get(
            "/login", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "dcbalance.example.org");
    assertThat(page.headers().firstValue("Strict-Transport-Security")).isEmpty();
    assertThat(page.headers().firstValue("Set-Cookie").orElseThrow())
        .contains("dcbalance-")
        .doesNotContain("Secure");
    var asked = browser.get("/probe/me", "X-Forwarded-Host", "dcbalance.example.org");
    assertThat(location(asked)).endsWith("/login").doesNotContain("example.org");
  }

  @Test
  void signingOutEndsTheSession() {
    browser.signIn("viewer", PASSWORD);
    var out = browser.post("/logout", "_csrf=" + browser.csrf("/login"));
    assertThat(location(out)).endsWith("/login?logout");
    assertThat(browser.get("/api/v1/probe/me").statusCode()).isEqualTo(401);
  }

  @Test
  void answersTellBrowsersToRunOurFilesAlone() {
    for (var path : new String[] {"/login", "/app/app.js", "/actuator/health"}) {
      var headers = browser.get(path).headers();
      assertThat(headers.firstValue("Content-Security-Policy"))
          .hasValue(
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                  + " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
                  + " frame-ancestors 'none'");
      assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(headers.firstValue("Referrer-Policy")).hasValue("same-origin");
      assertThat(headers.firstValue("Permissions-Policy").orElseThrow()).contains("camera=()");
    }
  }

  @Test
  void frontEndFilesAreKeptButAskedFor() {
    var first = browser.get("/app/app.js");
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-cache");
    var tag = first.headers().firstValue("ETag").orElseThrow();
    assertThat(browser.get("/app/app.js", "If-None-Match", tag).statusCode()).isEqualTo(304);
    assertThat(browser.get("/login").headers().firstValue("Cache-Control").orElseThrow())
        .contains("no-store");
  }

  @Test
  void textTravelsCompressed() {
    for (var path : List.of("/app/app.js", "/app/app.css", "/login")) {
      var plain = browser.get(path);
      assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
      var packed = browser.get(path, "Accept-Encoding", "gzip");
      assertThat(packed.headers().firstValue("Content-Encoding")).as(path).hasValue("gzip");
    }
    // a font is compressed as it is
    assertThat(
            browser
                .get("/app/ibm-plex-sans-latin-400-normal.woff2", "Accept-Encoding", "gzip")
                .headers()
                .firstValue("Content-Encoding"))
        .isEmpty();
  }

  @Test
  void healthHasDetailsForAdministratorsAlone() {
    assertThat(browser.get("/actuator/health").body()).doesNotContain("PostgreSQL");
    assertThat(
            browser.get("/actuator/health", "Authorization", "Bearer " + ConsoleTest.TOKEN).body())
        .contains("PostgreSQL");
    browser.signIn("operator", PASSWORD);
    assertThat(browser.get("/actuator/health").body()).doesNotContain("PostgreSQL");
  }

  private HttpResponse<String> order(String path, String header, String value) {
    return browser.send(
        browser
            .request(path)
            .header("Content-Type", "application/json")
            .header(header, value)
            .POST(BodyPublishers.ofString(ORDER))
            .build());
  }

  private static String location(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(302);
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private static String upper(String role) {
    return role.toUpperCase(Locale.ROOT);
  }
}
