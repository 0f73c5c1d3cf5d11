package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.dcbalance.access.PasswordSignIn.TooManyAttempts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;

/** Lead back to the sign-in page, which says what was wrong without helping to guess. */
final class SignInFailure implements AuthenticationFailureHandler {
  private static final Logger log = LoggerFactory.getLogger(SignInFailure.class);

  private final Refusals refusals;

  SignInFailure(Refusals refusals) {
    this.refusals = refusals;
  }

  @Override
  public void onAuthenticationFailure(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
      throws IOException {
    switch (reason) {
      case AuthenticationServiceException away -> {
        log.warn("A sign-in could not be checked.", away);
        refusals.send(request, response, Refusals.databaseAway(away));
      }
      case TooManyAttempts blocked -> {
        log.warn("Sign-ins from {} are held off.", request.getRemoteAddr());
        response.sendRedirect(request.getContextPath() + "/login?error&wait=" + blocked.seconds());
      }
      default -> {
        // not the name: people type their password into that field
        log.warn("A sign-in from {} failed.", request.getRemoteAddr());
        response.sendRedirect(request.getContextPath() + "/login?error");
      }
    }
  }
}
