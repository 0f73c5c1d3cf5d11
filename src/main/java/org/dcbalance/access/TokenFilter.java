package org.dcbalance.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.web.filter.OncePerRequestFilter;

/** Let a program act by its API token, sent as {@code Authorization: Bearer}. */
final class TokenFilter extends OncePerRequestFilter {
  private static final String SCHEME = "Bearer ";

  private final ApiTokens tokens;
  private final Refusals refusals;
  private final Clock clock;

  TokenFilter(ApiTokens tokens, Refusals refusals, Clock clock) {
    this.tokens = tokens;
    this.refusals = refusals;
    this.clock = clock;
  }

  /** Read the token that the request carries, if it carries one. */
  static Optional<String> tokenOf(HttpServletRequest request) {
    var header = request.getHeader(HttpHeaders.AUTHORIZATION);
    return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? Optional.of(header.substring(SCHEME.length()).strip())
        : Optional.empty();
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Optional<ApiToken> known;
    try {
      known = tokenOf(request).flatMap(tokens::find);
      known.ifPresent(tokens::used);
    } catch (DataAccessException e) {
      refusals.send(request, response, Refusals.databaseAway(e));
      return;
    }
    if (known.isEmpty()) {
      refusals.token(
          request,
          response,
          AuditLog.SOMEBODY,
          new Problem(
              ErrorCode.SIGNED_OUT,
              "The API token is not known here.",
              "Maybe it was replaced or revoked: compare it with DCBALANCE_ADMIN_TOKEN of the"
                  + " running console, or make another one under Access."));
      return;
    }
    var token = known.get();
    // no user can have this name: names hold no space
    var operator = new Operator("token " + token.name());
    if (token.expired(clock.instant())) {
      refusals.token(
          request,
          response,
          operator,
          new Problem(
              ErrorCode.SIGNED_OUT,
              "The API token " + token.name() + " has expired.",
              "Maybe ask an administrator for another one."));
      return;
    }
    if (token.readOnly() && AccessRules.changes(request)) {
      refusals.token(
          request,
          response,
          operator,
          new Problem(
              ErrorCode.FORBIDDEN,
              "The API token " + token.name() + " may only read. Nothing was changed.",
              "Maybe ask an administrator for one that may change things."));
      return;
    }
    SecurityContextHolder.setContext(
        new SecurityContextImpl(
            new PreAuthenticatedAuthenticationToken(
                operator.name(),
                "",
                List.of(new SimpleGrantedAuthority(CurrentOperator.authority(token.role()))))));
    chain.doFilter(request, response);
  }
}
