package org.dcbalance.access;

import java.util.Optional;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Name who asks and what that one may do.
 *
 * <p>Controllers declare it as a parameter; templates find it as {@code me}.
 */
public record CurrentOperator(Operator operator, Role role) {
  private static final String PREFIX = "ROLE_";

  /** Find who is signed in on this thread's request; empty where nobody is. */
  public static Optional<CurrentOperator> find() {
    return of(SecurityContextHolder.getContext().getAuthentication());
  }

  static Optional<CurrentOperator> of(@Nullable Authentication authentication) {
    if (authentication == null || !authentication.isAuthenticated()) {
      return Optional.empty();
    }
    for (var role : Role.values()) {
      if (authentication.getAuthorities().stream()
          .anyMatch(granted -> authority(role).equals(granted.getAuthority()))) {
        return Optional.of(new CurrentOperator(new Operator(authentication.getName()), role));
      }
    }
    return Optional.empty();
  }

  static String authority(Role role) {
    return PREFIX + role.name();
  }

  public String name() {
    return operator.name();
  }

  /** Tell whether approving, moving and pausing are allowed. */
  public boolean mayOperate() {
    return role.includes(Role.OPERATOR);
  }

  /** Tell whether connection settings may be seen and changed. */
  public boolean mayAdminister() {
    return role.includes(Role.ADMINISTRATOR);
  }
}
