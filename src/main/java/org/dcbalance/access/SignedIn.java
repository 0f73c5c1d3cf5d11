package org.dcbalance.access;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Operator;
import org.springframework.security.authentication.CredentialsExpiredException;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Note a sign-in, give its session a working day, and lead on to the page that was asked for.
 *
 * <p>The session is stored when the answer is, so all of it happens while the user's row is locked:
 * whoever takes rights away changes that row first, and then ends the sessions that there are.
 */
final class SignedIn extends SavedRequestAwareAuthenticationSuccessHandler {
  /** Each holds a connection, and needs a second one for its session. */
  private static final int AT_ONCE = 4;

  private final Users users;
  private final AuditLog audit;
  private final Duration lasting;
  private final TransactionOperations transactions;
  private final Semaphore places = new Semaphore(AT_ONCE);

  SignedIn(
      Users users,
      AuditLog audit,
      RequestCache requests,
      Duration lasting,
      TransactionOperations transactions) {
    this.users = users;
    this.audit = audit;
    this.lasting = lasting;
    this.transactions = transactions;
    setRequestCache(requests);
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication) {
    var session = request.getSession();
    // sessions of nobody, which anybody can begin, end sooner
    session.setMaxInactiveInterval(Math.toIntExact(lasting.toSeconds()));
    places.acquireUninterruptibly();
    try {
      transactions.executeWithoutResult(status -> finish(request, response, authentication));
    } catch (RuntimeException e) {
      // it knows already who signed in
      session.invalidate();
      throw e;
    } finally {
      places.release();
    }
  }

  private void finish(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication) {
    var name = authentication.getName();
    var user =
        users
            .signedIn(name)
            .filter(now -> unchanged(now, authentication))
            .orElseThrow(
                () -> new CredentialsExpiredException("The user was changed during the sign-in."));
    audit.note(
        new Operator(name),
        Act.SIGNED_IN,
        Thing.user(name),
        Facts.NONE,
        Facts.of("role", user.role().word()));
    try {
      super.onAuthenticationSuccess(request, response, authentication);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ServletException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Compare what was read before the password was checked, or the provider asked, with the row. */
  private static boolean unchanged(User now, Authentication signedIn) {
    return now.enabled()
        && CurrentOperator.of(signedIn).filter(me -> me.role() == now.role()).isPresent()
        && (!(signedIn.getPrincipal() instanceof PasswordPerson person)
            || person.signedInWith(now.passwordHash()));
  }
}
