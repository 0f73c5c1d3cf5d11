package org.dcbalance.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.PostgresForTests;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * Sign in at a real OpenID provider, as a browser does it: from the console to the provider,
 * through its form, and back.
 */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/oidc-test",
      "dcbalance.admin.password=" + ConsoleTest.PASSWORD,
      "dcbalance.admin.token=" + ConsoleTest.TOKEN,
      "dcbalance.simulated.enabled=false",
      "dcbalance.oidc.client-id=" + OidcProvider.CLIENT,
      "dcbalance.oidc.client-secret-file=target/oidc-client-secret",
      "dcbalance.oidc.label=Example Login",
      "dcbalance.oidc.check-every=1s",
      "dcbalance.oidc.roles.viewer=everybody",
      "dcbalance.oidc.roles.operator=dc-operators,night-shift",
      "dcbalance.oidc.roles.administrator=dc-admins"
    })
@Import(PostgresForTests.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DirtiesContext
class OidcTest {
  private static final int PROVIDER_PORT = OidcProvider.freePort();
  private static final String ISSUER = "http://127.0.0.1:" + PROVIDER_PORT;
  private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");

  private static OidcProvider provider;

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  private Browser browser;

  @DynamicPropertySource
  static void provider(DynamicPropertyRegistry registry) throws Exception {
    Files.createDirectories(Path.of("target"));
    Files.writeString(Path.of("target/oidc-client-secret"), OidcProvider.SECRET + "\n");
    registry.add("dcbalance.oidc.issuer", () -> ISSUER);
  }

  @BeforeEach
  void open() {
    browser = new Browser(port);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @AfterAll
  static void stop() {
    if (provider != null) {
      provider.close();
    }
  }

  /** Start the provider, if it does not run, and wait until the console has heard of it. */
  private void provider() {
    if (provider == null) {
      provider = OidcProvider.start(PROVIDER_PORT, port);
    }
    Await.until(
        "the console knows the provider",
        Duration.ofSeconds(10),
        () -> browser.get("/login").body(),
        page -> page.contains("Sign in through Example Login"));
  }

  @Test
  @Order(1)
  void aProviderThatIsAwayAtTheStartIsSaidToBeAndPasswordsWork() {
    assertThat(browser.get("/login").body())
        .contains("Example Login", "does not answer at the moment")
        .doesNotContain("href=\"/login/oidc/provider\"");
    var begun = browser.get("/login/oidc/provider");
    assertThat(location(begun)).endsWith("/login?oidc=away");
    assertThat(browser.get("/login?oidc=away").body()).contains("did not answer. Maybe try again");
    assertThat(location(browser.signIn("admin", ConsoleTest.PASSWORD))).doesNotContain("login");
    assertThat(browser.get("/settings/access").body()).contains("Does not answer", ISSUER);
  }

  @Test
  @Order(2)
  void somebodySignsInAndComesToThePageThatWasAskedFor() {
    provider();
    says("amy", "sub-amy", "Amy Adams", "dc-operators", "others");
    assertThat(location(browser.get("/rounds", "Accept", "text/html"))).endsWith("/login");
    var before = cookie();
    var steps = signIn("amy");
    assertThat(location(steps.getLast())).endsWith("/rounds");
    assertThat(cookie()).as("another session than before").isNotEqualTo(before);

    var asked = query(steps.getFirst());
    assertThat(asked)
        .containsEntry("code_challenge_method", "S256")
        .containsEntry("scope", "openid profile email")
        .containsEntry("redirect_uri", "http://127.0.0.1:" + port + "/login/oidc-back")
        .containsKeys("nonce", "state", "code_challenge");
    var page = browser.get("/recommendations");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("amy-adams@127.0.0.1", "operator");
    assertThat(browser.get("/settings/access").statusCode()).isEqualTo(403);

    assertThat(browser.get("/account").body())
        .contains("You sign in through <span>" + ISSUER, "which keeps your password")
        .doesNotContain("Change the password");
    var form = "current=any&password=ten+letters&_csrf=" + browser.csrf("/");
    assertThat(location(browser.post("/account/password", form))).endsWith("/account");
    assertThat(browser.get("/account").body()).contains("Maybe change it there.");

    assertThat(user("sub-amy")).isEqualTo("amy-adams@127.0.0.1 OPERATOR true null");
    assertThat(stored())
        .as("nothing of the provider's tokens")
        .doesNotContain("eyJ", "dc-operators", "sub-amy");
    try (var admin = admin()) {
      assertThat(admin.get("/settings/access").body())
          .contains("signs in through <span>" + ISSUER, "Answers", "dc-operators, night-shift");
      assertThat(admin.get("/audit?q=amy-adams").body())
          .contains("User added", "Signed in", ISSUER);
    }
    assertThat(location(browser.post("/logout", "_csrf=" + browser.csrf("/"))))
        .endsWith("/login?logout");
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
  }

  @Test
  @Order(3)
  void whoHasNoRoleGetsNoAccessAndIsToldWhatToDo() {
    provider();
    says("bob", "sub-bob", "bob", "others");
    assertThat(location(signIn("bob").getLast())).endsWith("/login?oidc=no-role");
    assertThat(browser.get("/login?oidc=no-role").body())
        .contains("No access", "knows you, but gives you no role", "Maybe ask an administrator");
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    assertThat(count("sub-bob")).isZero();
    try (var admin = admin()) {
      assertThat(admin.get("/audit?q=bob@127.0.0.1").body())
          .contains("Sign-in failed", "the provider gives no role here");
    }
  }

  @Test
  @Order(4)
  void anIdentityIsIssuerAndSubjectAndNeverAName() {
    provider();
    says("carol", "sub-carol", "carol", "everybody");
    signIn("carol");
    assertThat(user("sub-carol")).isEqualTo("carol@127.0.0.1 VIEWER true null");
    // the name changes hands: whoever has it next is somebody else
    says("carol", "sub-other-carol", "carol", "dc-admins");
    try (var other = new Browser(port)) {
      signIn(other, "carol");
      assertThat(other.get("/settings/access").statusCode()).isEqualTo(200);
    }
    assertThat(user("sub-other-carol")).isEqualTo("carol@127.0.0.1-2 ADMINISTRATOR true null");
    // and "admin" there is not "admin" here
    says("admin", "sub-admin", "admin", "everybody");
    try (var other = new Browser(port)) {
      signIn(other, "admin");
      assertThat(other.get("/settings/access").statusCode()).isEqualTo(403);
    }
    assertThat(user("sub-admin")).startsWith("admin@127.0.0.1 VIEWER");
    // under another name it is the same person
    says("carol", "sub-carol", "caroline", "everybody");
    try (var again = new Browser(port)) {
      signIn(again, "carol");
      assertThat(again.get("/").body()).contains("carol@127.0.0.1<");
    }
    assertThat(count("sub-carol")).isOne();
  }

  @Test
  @Order(5)
  void theRoleIsWhatTheProviderSaysEachTimeAndOlderSessionsEndWithIt() {
    provider();
    says("dora", "sub-dora", "dora", "dc-admins", "everybody");
    signIn("dora");
    assertThat(browser.get("/settings/access").statusCode()).isEqualTo(200);
    says("dora", "sub-dora", "dora", "everybody");
    try (var second = new Browser(port)) {
      signIn(second, "dora");
      assertThat(second.get("/settings/access").statusCode()).isEqualTo(403);
    }
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    assertThat(user("sub-dora")).startsWith("dora@127.0.0.1 VIEWER");
  }

  @Test
  @Order(5)
  void whoLosesEveryRoleIsSignedOutEverywhere() {
    provider();
    says("ivy", "sub-ivy", "ivy", "dc-operators");
    signIn("ivy");
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(200);
    says("ivy", "sub-ivy", "ivy", "others");
    try (var second = new Browser(port)) {
      assertThat(location(signIn(second, "ivy").getLast())).endsWith("/login?oidc=no-role");
    }
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    try (var admin = admin()) {
      assertThat(admin.get("/audit?q=ivy@127.0.0.1").body())
          .contains("Sessions ended", "which gives no role here");
    }
  }

  @Test
  @Order(6)
  void whoIsDisabledHereStaysOutAndNobodyGetsAPasswordHere() {
    provider();
    says("eve", "sub-eve", "eve", "everybody");
    signIn("eve");
    try (var admin = admin()) {
      assertThat(patch(admin, "eve@127.0.0.1", "{\"password\":\"ten letters\"}").body())
          .contains("which keeps the password and says the role");
      assertThat(patch(admin, "eve@127.0.0.1", "{\"role\":\"ADMINISTRATOR\"}").statusCode())
          .isEqualTo(422);
      assertThat(patch(admin, "eve@127.0.0.1", "{\"enabled\":false}").body())
          .contains("\"issuer\":\"" + ISSUER);
    }
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    assertThat(location(signIn("eve").getLast())).endsWith("/login?oidc=disabled");
    assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    for (var password : List.of("", "x", OidcProvider.PASSWORD)) {
      assertThat(location(browser.signIn("eve@127.0.0.1", password))).contains("/login?error");
    }
  }

  @Test
  @Order(7)
  void anAnswerThatNobodyAskedForIsRefused() {
    provider();
    says("fay", "sub-fay", "fay", "dc-admins");
    for (var path :
        List.of(
            "/login/oidc-back?code=abc&state=made-up",
            "/login/oidc-back?error=access_denied&state=made-up",
            "/login/oidc-back?code=abc")) {
      assertThat(browser.get(path).headers().firstValue("Location").orElse(""))
          .as(path)
          .contains("/login");
      assertThat(browser.get("/api/v1/hosts").statusCode()).isEqualTo(401);
    }
    // an attacker's own answer, given to somebody else's browser
    var steps = new ArrayList<HttpResponse<String>>();
    var back = untilBack(browser, "fay", steps);
    try (var victim = new Browser(port)) {
      victim.get("/login/oidc/provider");
      var answer = victim.send(HttpRequest.newBuilder(back).build());
      assertThat(location(answer)).endsWith("/login?oidc=failed");
      assertThat(victim.get("/api/v1/hosts").statusCode()).isEqualTo(401);
      assertThat(victim.get("/login?oidc=failed").body()).contains("came to nothing");
    }
    // and the right one works once
    assertThat(location(browser.send(HttpRequest.newBuilder(back).build())))
        .doesNotContain("login");
    try (var replay = new Browser(port)) {
      assertThat(location(replay.send(HttpRequest.newBuilder(back).build())))
          .contains("/login?oidc=failed");
    }
  }

  @Test
  @Order(7)
  void userInfoThatDoesNotComeOrLeadsElsewhereEndsTheSignIn() {
    provider();
    says("hal", "sub-hal", "hal", "everybody");
    var answers = OidcProvider.BEFORE_USER_INFO.get();
    var held = new Semaphore(0);
    try (var second = new Browser(port)) {
      OidcProvider.BEFORE_USER_INFO.set(
          (request, response, chain) -> held.acquireUninterruptibly());
      assertThat(location(signIn("hal").getLast())).endsWith("/login?oidc=away");
      OidcProvider.BEFORE_USER_INFO.set(
          (request, response, chain) ->
              ((HttpServletResponse) response).sendRedirect(ISSUER + "/elsewhere"));
      assertThat(location(signIn(second, "hal").getLast())).endsWith("/login?oidc=failed");
    } finally {
      held.release();
      OidcProvider.BEFORE_USER_INFO.set(answers);
    }
    assertThat(count("sub-hal")).isZero();
  }

  @Test
  @Order(8)
  void aProviderThatGoesAwayLaterIsSaidToBe() {
    provider();
    says("gus", "sub-gus", "gus", "everybody");
    var back = untilBack(browser, "gus", new ArrayList<>());
    provider.close();
    provider = null;
    assertThat(location(browser.send(HttpRequest.newBuilder(back).build())))
        .endsWith("/login?oidc=away");
    Await.until(
        "the console notices",
        Duration.ofSeconds(10),
        () -> browser.get("/login").body(),
        page -> page.contains("does not answer at the moment"));
    assertThat(location(browser.signIn("admin", ConsoleTest.PASSWORD))).doesNotContain("login");
  }

  private static void says(String login, String subject, String name, String... groups) {
    OidcProvider.PEOPLE.put(
        login,
        Map.of(
            "sub",
            subject,
            "preferred_username",
            name,
            "email",
            "same@example.org",
            "groups",
            List.of(groups)));
  }

  private List<HttpResponse<String>> signIn(String name) {
    return signIn(browser, name);
  }

  /** Go all the way; give each answer, the first and the last of which are the console's. */
  private static List<HttpResponse<String>> signIn(Browser browser, String name) {
    var steps = new ArrayList<HttpResponse<String>>();
    var back = untilBack(browser, name, steps);
    steps.add(browser.send(HttpRequest.newBuilder(back).build()));
    return steps;
  }

  /** Go until the provider leads back to the console, and give that address. */
  private static URI untilBack(Browser browser, String name, List<HttpResponse<String>> steps) {
    steps.add(browser.get("/login/oidc/provider"));
    // as if nobody was signed in at the provider
    browser.cookies().getCookieStore().getCookies().stream()
        .filter(c -> c.getName().equals("JSESSIONID"))
        .toList()
        .forEach(c -> browser.cookies().getCookieStore().remove(null, c));
    var to = URI.create(location(steps.getLast()));
    for (int i = 0; i < 10; i++) {
      if (to.getPath().equals("/login/oidc-back")) {
        return to;
      }
      var answer = browser.send(HttpRequest.newBuilder(to).header("Accept", "text/html").build());
      if (answer.statusCode() == 200) {
        var csrf = CSRF.matcher(answer.body());
        assertThat(csrf.find()).as(answer.body()).isTrue();
        answer =
            browser.send(
                HttpRequest.newBuilder(to)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(
                        BodyPublishers.ofString(
                            "username=%s&password=%s&_csrf=%s"
                                .formatted(
                                    name,
                                    URLEncoder.encode(OidcProvider.PASSWORD, UTF_8),
                                    URLEncoder.encode(csrf.group(1), UTF_8))))
                    .build());
      }
      steps.add(answer);
      to = to.resolve(location(answer));
    }
    throw new AssertionError("The provider never led back: " + to);
  }

  private Browser admin() {
    var admin = new Browser(port);
    assertThat(location(admin.signIn("admin", ConsoleTest.PASSWORD))).doesNotContain("login");
    return admin;
  }

  private static HttpResponse<String> patch(Browser browser, String user, String body) {
    return browser.send(
        browser
            .request("/api/v1/users/" + user)
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
            .method("PATCH", BodyPublishers.ofString(body))
            .build());
  }

  private static String location(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.uri() + " " + answer.body()).isEqualTo(302);
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private String cookie() {
    return browser.cookies().getCookieStore().getCookies().stream()
        .filter(c -> c.getName().startsWith("dcbalance"))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private static Map<String, String> query(HttpResponse<String> answer) {
    var found = new HashMap<String, String>();
    for (var pair : URI.create(location(answer)).getRawQuery().split("&")) {
      var parts = pair.split("=", 2);
      found.put(parts[0], URLDecoder.decode(parts[1], UTF_8));
    }
    return found;
  }

  private String user(String subject) {
    return jdbc.sql(
            "select name, role, enabled, password_hash from app_user where issuer = ? and subject = ?")
        .params(ISSUER, subject)
        .query(
            (row, n) ->
                row.getString(1)
                    + " "
                    + row.getString(2)
                    + " "
                    + row.getBoolean(3)
                    + " "
                    + row.getString(4))
        .single();
  }

  private long count(String subject) {
    return jdbc.sql("select count(*) from app_user where subject = ?")
        .param(subject)
        .query(Long.class)
        .single();
  }

  /** All that sessions hold, as text. */
  private String stored() {
    return jdbc.sql(
            "select string_agg(encode(attribute_bytes, 'escape'), ' ') from spring_session_attributes")
        .query(String.class)
        .single();
  }
}
