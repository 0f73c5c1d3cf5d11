package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Route;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Every route of the running console against every role. The table of who may do what is written
 * down in access-matrix.txt: a route that is not in it fails the build, until somebody has looked
 * at the rule that it falls under and added its line.
 */
@ConsoleTest
class AccessMatrixTest {
  private static final String PASSWORD = "one for all";
  private static final String NOBODY = "everybody";

  /** What filters answer, so that no method is mapped to it. */
  private static final List<Route> OF_FILTERS =
      List.of(
          new Route("POST", "/login"),
          new Route("GET", Oidc.BEGIN + "/" + Oidc.REGISTRATION),
          new Route("GET", Oidc.BACK),
          new Route("POST", "/logout"));

  @LocalServerPort private int port;
  @Autowired private Users users;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
  @Autowired private List<SecurityFilterChain> chains;
  private final AccessRules rules = new AccessRules();

  @Test
  void everyRouteHasTheRuleThatTheTableSays() throws IOException {
    var found =
        routes().stream()
            .map(route -> "%-6s %-62s %s".formatted(route.method(), route.path(), needed(route)))
            .toList();
    var written = Files.readAllLines(Path.of("src/test/resources/access-matrix.txt"));
    var actual = Path.of("target/access-matrix.txt");
    Files.write(actual, found);
    assertThat(found)
        .as("Maybe compare src/test/resources/access-matrix.txt with " + actual + ".")
        .containsExactlyElementsOf(
            written.stream().filter(line -> !line.isBlank() && !line.startsWith("#")).toList());
  }

  @Test
  void noFilterIsThereThatMayAnswerWhatTheTableDoesNotKnow() {
    assertThat(
            chains.stream()
                .flatMap(chain -> chain.getFilters().stream())
                .map(filter -> filter.getClass().getSimpleName())
                .collect(Collectors.toSet()))
        .as("Maybe look what a new filter answers, and add that to the routes of filters.")
        .containsExactlyInAnyOrder(
            "DisableEncodeUrlFilter",
            "WebAsyncManagerIntegrationFilter",
            "SecurityContextHolderFilter",
            "HeaderWriterFilter",
            "CsrfFilter",
            "LogoutFilter",
            "UsernamePasswordAuthenticationFilter",
            "RequestCacheAwareFilter",
            "SecurityContextHolderAwareRequestFilter",
            "AnonymousAuthenticationFilter",
            "SessionManagementFilter",
            "ExceptionTranslationFilter",
            "TokenFilter",
            "AuthorizationFilter");
  }

  @Test
  void whoeverLacksTheRoleIsRefusedByTheRunningConsole() {
    var people = new HashMap<String, Browser>();
    try {
      people.put(NOBODY, new Browser(port));
      for (var role : Role.values()) {
        users.add("matrix-" + role.word(), PASSWORD, role);
        var browser = new Browser(port);
        assertThat(
                browser
                    .signIn("matrix-" + role.word(), PASSWORD)
                    .headers()
                    .firstValue("Location")
                    .orElseThrow())
            .doesNotContain("login");
        people.put(role.word(), browser);
      }
      var wrong = new ArrayList<String>();
      int refused = 0;
      for (var route : routes()) {
        for (var who : people.keySet()) {
          if (!mayNot(who, route)) {
            continue;
          }
          refused++;
          int status = ask(people.get(who), route);
          boolean right =
              who.equals(NOBODY)
                  // a page that is opened leads to the sign-in
                  ? status == (route.program() || route.path().equals("/live") ? 401 : 302)
                  : status == 403;
          if (!right) {
            wrong.add("%s %s as %s: %d".formatted(route.method(), route.path(), who, status));
          }
        }
      }
      assertThat(wrong).isEmpty();
      assertThat(refused).isGreaterThan(150);
    } finally {
      people.values().forEach(Browser::close);
    }
  }

  @Test
  void whoeverHasTheRoleIsLetIn() {
    var wrong = new ArrayList<String>();
    for (var role : Role.values()) {
      users.add("matrix-" + role.word(), PASSWORD, role);
      try (var browser = new Browser(port)) {
        browser.signIn("matrix-" + role.word(), PASSWORD);
        for (var route : routes()) {
          // a stream does not end, and what changes things is tried by the tests of those things
          if (route.changes() || route.path().equals("/live") || mayNot(role.word(), route)) {
            continue;
          }
          int status = ask(browser, route);
          if (status == 401 || status == 403 || status >= 500) {
            wrong.add("%s as %s: %d".formatted(route.path(), role.word(), status));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void nothingIsChangedBySessionsWithoutTheTokenOfTheirForms() {
    var name = "matrix-" + Role.ADMINISTRATOR.word();
    users.add(name, PASSWORD, Role.ADMINISTRATOR);
    try (var browser = new Browser(port)) {
      browser.signIn(name, PASSWORD);
      var changing = routes().stream().filter(Route::changes).toList();
      assertThat(changing).hasSizeGreaterThan(100);
      for (var route : changing) {
        var answer =
            browser.send(changing(browser, route).method(route.method(), body(route)).build());
        // an administrator has every role: what is missing is the token
        assertThat(answer.statusCode()).as(route.toString()).isEqualTo(403);
        assertThat(answer.body())
            .as(route.toString())
            .contains("The page that sent this is older than your session.");
      }
      assertThat(browser.get("/api/v1/probe/me").statusCode()).as("still signed in").isEqualTo(200);
    }
  }

  private boolean mayNot(String who, Route route) {
    var needed = needed(route);
    return !needed.equals(NOBODY)
        && (who.equals(NOBODY)
            || !Role.valueOf(who.toUpperCase(Locale.ROOT))
                .includes(Role.valueOf(needed.toUpperCase(Locale.ROOT))));
  }

  private static int ask(Browser browser, Route route) {
    var request =
        route.changes()
            ? changing(browser, route)
                .header("X-CSRF-TOKEN", browser.csrf("/login"))
                .method(route.method(), body(route))
            : browser.request(route.address());
    return browser.send(request.build()).statusCode();
  }

  private static HttpRequest.Builder changing(Browser browser, Route route) {
    return browser
        .request(route.address())
        .header(
            "Content-Type",
            route.program() ? "application/json" : "application/x-www-form-urlencoded");
  }

  private static BodyPublisher body(Route route) {
    return BodyPublishers.ofString(route.program() ? "{}" : "");
  }

  private String needed(Route route) {
    var request = new MockHttpServletRequest(route.method(), route.address());
    Optional<Role> needed = rules.needed(request);
    return needed.map(Role::word).orElse(NOBODY);
  }

  private SortedSet<Route> routes() {
    var routes = Route.all(mappings);
    assertThat(routes).hasSizeGreaterThan(70).doesNotContainAnyElementsOf(OF_FILTERS);
    routes.addAll(OF_FILTERS);
    return routes;
  }
}
