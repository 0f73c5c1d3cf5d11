package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.http.HttpHeaders;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;

/** Answer those who are not signed in, and those whose role does not suffice. */
final class Refusals implements AuthenticationEntryPoint, AccessDeniedHandler {
  private static final String LOGIN = "/login";

  private final AccessRules rules;
  private final RefusalLog log;

  Refusals(AccessRules rules, RefusalLog log) {
    this.rules = rules;
    this.log = log;
  }

  @Override
  public void commence(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
      throws IOException {
    signInFirst(request, response);
  }

  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException reason)
      throws IOException {
    var me = CurrentOperator.find();
    if (me.isEmpty()) {
      signInFirst(request, response);
      return;
    }
    if (reason instanceof CsrfException) {
      log.request(me.get().operator(), request, "without the token of the session's forms");
      send(
          request,
          response,
          new Problem(
              ErrorCode.FORBIDDEN,
              "The page that sent this is older than your session. Nothing was changed.",
              "Maybe load the page again and repeat it."));
      return;
    }
    var needed = rules.needed(request).orElse(Role.ADMINISTRATOR);
    log.request(me.get().operator(), request, "needs the role " + needed.word());
    send(
        request,
        response,
        new Problem(
            ErrorCode.FORBIDDEN,
            "Your role, %s, does not allow this; it needs the role %s. Nothing was changed."
                .formatted(me.get().role().word(), needed.word()),
            "Maybe ask an administrator to do it, or to give you that role."));
  }

  private void signInFirst(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    switch (RequestKind.of(request)) {
      // whoever opens a page is asked to sign in, which refuses nothing
      case PAGE -> response.sendRedirect(request.getContextPath() + LOGIN);
      case FRAGMENT -> {
        response.setHeader("HX-Redirect", request.getContextPath() + LOGIN);
        send(request, response, signedOut("Maybe sign in again."));
      }
      case API -> {
        log.request(AuditLog.SOMEBODY, request, "nobody was signed in");
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"DCbalance\"");
        send(
            request,
            response,
            signedOut(
                "Maybe send \"Authorization: Bearer\" with an API token, or the cookie of a"
                    + " session."));
      }
    }
  }

  private static Problem signedOut(String advice) {
    return new Problem(ErrorCode.SIGNED_OUT, "Nobody is signed in.", advice);
  }

  /** Refuse a token that is not known, or that may not do this. */
  void token(HttpServletRequest request, HttpServletResponse response, Operator by, Problem problem)
      throws IOException {
    log.request(by, request, problem.sentence());
    send(request, response, problem);
  }

  static Problem databaseAway(Throwable cause) {
    return new Problem(
        ErrorCode.UNAVAILABLE,
        "The database does not answer, so nobody can be recognised. Nothing was changed.",
        "Maybe wait a moment and try again; if it stays away, look at the PostgreSQL server.",
        cause);
  }

  /** Hand the problem to the error page, which words it as the request expects. */
  void send(HttpServletRequest request, HttpServletResponse response, Problem problem)
      throws IOException {
    request.setAttribute(RequestKind.PROBLEM, problem);
    response.sendError(problem.code().httpStatus());
  }
}
