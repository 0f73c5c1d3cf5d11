package org.dcbalance.access;

import java.time.Duration;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authentication.dao.DaoAuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * Check a name and a password, no faster than the brake allows. An unknown name costs the same work
 * as a wrong password, and is answered alike.
 */
final class PasswordSignIn implements AuthenticationProvider {
  /** As in {@link Accounts}. */
  static final int LONGEST_NAME = 63;

  /** A name that nobody can have, in place of all others. */
  private static final String IMPOSSIBLE = "?";

  private final SignInBrake brake;
  private final DaoAuthenticationProvider check;

  PasswordSignIn(Users users, PasswordEncoder encoder, SignInBrake brake) {
    this.brake = brake;
    this.check =
        new DaoAuthenticationProvider(
            name ->
                users
                    .find(name)
                    // who signs in at a provider has no password, and no password is theirs
                    .filter(user -> user.passwordHash() != null)
                    .map(PasswordPerson::new)
                    .orElseThrow(() -> new UsernameNotFoundException("Unknown user.")));
    check.setPasswordEncoder(new FewAtOnce(encoder));
  }

  @Override
  public Authentication authenticate(Authentication attempt) {
    // no user has such a name, and what guesses are remembered by must not be as long as they like
    var user = possible(attempt.getName()) ? attempt.getName() : IMPOSSIBLE;
    var address =
        attempt.getDetails() instanceof WebAuthenticationDetails details
            ? String.valueOf(details.getRemoteAddress())
            : "";
    var wait = brake.begin(user, address);
    if (wait.isPresent()) {
      throw new TooManyAttempts(wait.get());
    }
    try {
      var signedIn =
          check.authenticate(
              user.equals(IMPOSSIBLE)
                  ? UsernamePasswordAuthenticationToken.unauthenticated(
                      IMPOSSIBLE, attempt.getCredentials())
                  : attempt);
      brake.succeeded(user, address);
      return signedIn;
    } catch (AuthenticationServiceException e) {
      // it was not checked at all
      brake.withdrawn(user, address);
      throw e;
    }
  }

  /** What the database does not take would pass for one that is away. */
  private static boolean possible(String name) {
    return name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl);
  }

  @Override
  public boolean supports(Class<?> attempt) {
    return UsernamePasswordAuthenticationToken.class.isAssignableFrom(attempt);
  }

  /** Refuse an attempt that came before its time. */
  static final class TooManyAttempts extends LockedException {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    TooManyAttempts(Duration wait) {
      super("Too many failed attempts.");
      this.wait = wait;
    }

    /** Give the wait in whole seconds, at least 1. */
    long seconds() {
      return Math.max(1, wait.plusMillis(999).toSeconds());
    }
  }
}
