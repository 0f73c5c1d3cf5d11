package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Set;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.logout.LogoutHandler;

/** Note that somebody signs out, and say that the session ends. */
final class SignOut implements LogoutHandler {
  private final AuditLog audit;
  private final ApplicationEventPublisher publisher;

  SignOut(AuditLog audit, ApplicationEventPublisher publisher) {
    this.audit = audit;
    this.publisher = publisher;
  }

  @Override
  public void logout(
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable Authentication authentication) {
    if (authentication == null) {
      return;
    }
    var name = authentication.getName();
    audit.note(new Operator(name), Act.SIGNED_OUT, Thing.user(name));
    var session = request.getSession(false);
    if (session != null) {
      publisher.publishEvent(new SessionsEnded(Set.of(session.getId())));
    }
  }
}
