package org.dcbalance.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.dcbalance.units.ErrorCode;
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

  TokenFilter(ApiTokens tokens, Refusals refusals) {
    this.tokens = tokens;
    this.refusals = refusals;
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
    } catch (DataAccessException e) {
      refusals.send(request, response, Refusals.databaseAway(e));
      return;
    }
    if (known.isEmpty()) {
      refusals.send(
          request,
          response,
          new Problem(
              ErrorCode.SIGNED_OUT,
              "The API token is not known here.",
              "Maybe it was replaced or removed: compare it with DCBALANCE_ADMIN_TOKEN of the"
                  + " running console."));
      return;
    }
    var token = known.get();
    SecurityContextHolder.setContext(
        new SecurityContextImpl(
            new PreAuthenticatedAuthenticationToken(
                // no user can have this name: names hold no space
                "token " + token.name(),
                "",
                List.of(new SimpleGrantedAuthority(CurrentOperator.authority(token.role()))))));
    chain.doFilter(request, response);
  }
}
