package org.dcbalance.access;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** Say which role a request needs: the one place where that is written. The first match counts. */
final class AccessRules {
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  /** Answers of the application to itself: the request behind them was judged before. */
  private static final RequestMatcher INNER =
      request -> request.getDispatcherType() != DispatcherType.REQUEST;

  private static final RequestMatcher ANY = request -> true;

  private final List<Rule> rules = new ArrayList<>();

  AccessRules() {
    open(INNER);
    open("/login", "/app/**", "/favicon.ico", "/error");
    open("/actuator/health", "/actuator/health/**");
    // filters answer these before a role is asked for
    open(pathPattern(HttpMethod.POST, "/logout"));
    open(Oidc.BEGIN + "/" + Oidc.REGISTRATION, Oidc.BACK);

    // what a person prefers to see, or signs in with, changes nothing for others
    changing(Role.VIEWER, "/preferences", "/account/password");
    // brakes are an operator's, although what they stop is set up by administrators
    changing(Role.OPERATOR, "/pools/*/pause", "/hosts/*/maintenance");
    changing(
        Role.OPERATOR,
        "/api/v1/pools/*/pause",
        "/api/v1/pools/*/resume",
        "/api/v1/hosts/*/maintenance");
    changing(Role.OPERATOR, "/hosts/*/evacuation/**", "/api/v1/hosts/*/evacuation");
    changing(Role.OPERATOR, "/hosts/*/recovery", "/api/v1/hosts/*/recovery");
    changing(Role.ADMINISTRATOR, "/api/v1/hosts/**", "/api/v1/pools/**");
    // a person's word in place of a host's answer; so is what is below hosts/*/fencing
    changing(Role.ADMINISTRATOR, "/migrations/*/close", "/api/v1/migrations/*/close");
    changing(Role.ADMINISTRATOR, "/api/v1/installation/**");
    changing(Role.ADMINISTRATOR, "/hosts/**", "/pools/**", "/settings/**");
    all(Role.ADMINISTRATOR, "/hosts/new", "/hosts/*/edit", "/hosts/*/remove");
    all(Role.ADMINISTRATOR, "/pools/new", "/pools/*/edit");
    all(Role.ADMINISTRATOR, "/settings/access/**", "/api/v1/users/**", "/api/v1/tokens/**");
    // where messages go, and with which secrets
    all(Role.ADMINISTRATOR, "/settings/notifications/**", "/api/v1/notification-destinations/**");
    all(Role.ADMINISTRATOR, "/api/v1/hosts/*/helper");
    // it tells addresses, and how hosts are reached
    all(Role.ADMINISTRATOR, "/audit", "/api/v1/audit", "/api/v1/audit.csv");

    rules.add(new Rule(AccessRules::changes, Role.OPERATOR));
    rules.add(new Rule(ANY, Role.VIEWER));
  }

  /** Give the least role that the request needs; empty where it is open to everybody. */
  Optional<Role> needed(HttpServletRequest request) {
    for (var rule : rules) {
      if (rule.requests.matches(request)) {
        return Optional.ofNullable(rule.role);
      }
    }
    throw new IllegalStateException("The last rule matches every request.");
  }

  private void open(RequestMatcher requests) {
    rules.add(new Rule(requests, null));
  }

  private void open(String... paths) {
    for (var path : paths) {
      open(pathPattern(path));
    }
  }

  private void all(Role role, String... paths) {
    for (var path : paths) {
      rules.add(new Rule(pathPattern(path), role));
    }
  }

  private void changing(Role role, String... paths) {
    for (var path : paths) {
      var requests = pathPattern(path);
      rules.add(new Rule(request -> changes(request) && requests.matches(request), role));
    }
  }

  /** Tell whether the request is of a kind that may change something. */
  static boolean changes(HttpServletRequest request) {
    return !READING.contains(request.getMethod());
  }

  private record Rule(RequestMatcher requests, @Nullable Role role) {}
}
