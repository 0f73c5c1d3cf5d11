package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.dcbalance.access.PasswordSignIn.TooManyAttempts;
import org.dcbalance.audit.Act;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DataAccessException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.CredentialsExpiredException;
import org.springframework.security.authentication.DisabledException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;

/** Lead back to the sign-in page, which says what was wrong without helping to guess. */
final class SignInFailure implements AuthenticationFailureHandler {
  private static final String UNKNOWN = "(no user of this name)";

  private static final Logger log = LoggerFactory.getLogger(SignInFailure.class);

  private final Refusals refusals;
  private final RefusalLog audit;
  private final Users users;
  private final ApplicationEventPublisher publisher;

  SignInFailure(
      Refusals refusals, RefusalLog audit, Users users, ApplicationEventPublisher publisher) {
    this.refusals = refusals;
    this.audit = audit;
    this.users = users;
    this.publisher = publisher;
  }

  @Override
  public void onAuthenticationFailure(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
      throws IOException {
    switch (reason) {
      case FewAtOnce.Busy busy -> {
        log.warn("A sign-in from {} came while too many were checked.", request.getRemoteAddr());
        refusals.send(
            request,
            response,
            new Problem(
                ErrorCode.UNAVAILABLE,
                "Too many people are signing in at this moment. The password was not checked.",
                "Maybe try again in a few seconds.",
                busy));
      }
      case AuthenticationServiceException away -> {
        log.warn("A sign-in could not be checked.", away);
        refusals.send(request, response, Refusals.databaseAway(away));
      }
      case TooManyAttempts blocked -> {
        log.warn("Sign-ins from {} are held off.", request.getRemoteAddr());
        audit.signIn(
            Act.SIGN_IN_HELD_OFF, known(request), request, "too many failures from this address");
        publisher.publishEvent(new SignInHeldOff(known(request), request.getRemoteAddr()));
        response.sendRedirect(request.getContextPath() + "/login?error&wait=" + blocked.seconds());
      }
      default -> {
        // not the name: people type their password into that field
        log.warn("A sign-in from {} failed.", request.getRemoteAddr());
        audit.signIn(
            Act.SIGN_IN_FAILED,
            known(request),
            request,
            switch (reason) {
              case DisabledException disabled -> "the user is disabled";
              case CredentialsExpiredException changed -> "the user was changed meanwhile";
              default -> "wrong name or password";
            });
        response.sendRedirect(request.getContextPath() + "/login?error");
      }
    }
  }

  private String known(HttpServletRequest request) {
    var typed = request.getParameter("username");
    try {
      return typed == null || typed.length() > PasswordSignIn.LONGEST_NAME
          ? UNKNOWN
          : users.find(typed).map(User::name).orElse(UNKNOWN);
    } catch (DataAccessException e) {
      return UNKNOWN;
    }
  }
}
