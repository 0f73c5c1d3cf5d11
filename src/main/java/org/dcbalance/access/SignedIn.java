package org.dcbalance.access;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Operator;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.savedrequest.RequestCache;

/** Note a sign-in, give its session a working day, and lead on to the page that was asked for. */
final class SignedIn extends SavedRequestAwareAuthenticationSuccessHandler {
  private final Users users;
  private final AuditLog audit;
  private final Duration lasting;

  SignedIn(Users users, AuditLog audit, RequestCache requests, Duration lasting) {
    this.users = users;
    this.audit = audit;
    this.lasting = lasting;
    setRequestCache(requests);
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws ServletException, IOException {
    var name = authentication.getName();
    // sessions of nobody, which anybody can begin, end sooner
    request.getSession().setMaxInactiveInterval(Math.toIntExact(lasting.toSeconds()));
    users.signedIn(name);
    audit.note(
        new Operator(name),
        Act.SIGNED_IN,
        Thing.user(name),
        Facts.NONE,
        CurrentOperator.of(authentication)
            .map(me -> Facts.of("role", me.role().word()))
            .orElse(Facts.NONE));
    super.onAuthenticationSuccess(request, response, authentication);
  }
}
