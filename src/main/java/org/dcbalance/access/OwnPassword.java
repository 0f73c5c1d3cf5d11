package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import org.dcbalance.access.PasswordSignIn.TooManyAttempts;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.stereotype.Component;

/**
 * Let people change the password that they sign in with. The one that they have is checked as at a
 * sign-in, no faster than its brake allows: whoever finds a browser signed in cannot guess it.
 */
@Component
public class OwnPassword {
  private final PasswordSignIn check;
  private final Accounts accounts;
  private final RefusalLog refusals;
  private final ApplicationEventPublisher publisher;

  OwnPassword(
      PasswordSignIn check,
      Accounts accounts,
      RefusalLog refusals,
      ApplicationEventPublisher publisher) {
    this.check = check;
    this.accounts = accounts;
    this.refusals = refusals;
    this.publisher = publisher;
  }

  /**
   * Change it, and sign who asks out in every other browser.
   *
   * @param current the password so far
   * @throws Problem with the sentence that says why not
   */
  public void change(
      CurrentOperator me, String current, String password, HttpServletRequest request) {
    var issuer = accounts.named(me.name()).issuer();
    if (issuer != null) {
      throw new Problem(
          ErrorCode.REFUSED,
          "You sign in through %s, which keeps your password.".formatted(issuer),
          "Maybe change it there.");
    }
    var session = request.getSession(false);
    accounts.changeOwn(
        proven(me, current, request), password, session == null ? "" : session.getId());
  }

  private PasswordPerson proven(CurrentOperator me, String current, HttpServletRequest request) {
    var attempt = UsernamePasswordAuthenticationToken.unauthenticated(me.name(), current);
    attempt.setDetails(new WebAuthenticationDetails(request));
    try {
      if (check.authenticate(attempt).getPrincipal() instanceof PasswordPerson person) {
        return person;
      }
      throw new IllegalStateException("A password was checked, and it is not known whose.");
    } catch (TooManyAttempts e) {
      refusals.request(me.operator(), request, "too many wrong passwords");
      publisher.publishEvent(new SignInHeldOff(me.name(), request.getRemoteAddr()));
      throw new Problem(
          ErrorCode.REFUSED,
          "Too many wrong passwords were given. The next one is looked at in %d s."
              .formatted(e.seconds()),
          "Maybe wait, or ask an administrator to set your password.",
          e);
    } catch (AuthenticationServiceException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "Your password could not be checked at this moment. It was not changed.",
          "Maybe try again in a few seconds.",
          e);
    } catch (AuthenticationException e) {
      refusals.request(me.operator(), request, "the password so far was wrong");
      throw new Problem(
          ErrorCode.REFUSED,
          "That is not your current password. It was not changed.",
          "Maybe type it again, or ask an administrator to set your password.",
          e);
    }
  }
}
