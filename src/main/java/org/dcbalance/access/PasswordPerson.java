package org.dcbalance.access;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.userdetails.UserDetails;

/** Whoever signed in with a password. Sessions keep the name and the role, never the hash. */
final class PasswordPerson implements UserDetails {
  private static final long serialVersionUID = 1L;

  private final String name;
  private final Role role;
  private final boolean enabled;
  private final transient @Nullable String hash;

  PasswordPerson(User user) {
    this.name = user.name();
    this.role = user.role();
    this.enabled = user.enabled();
    this.hash = user.passwordHash();
  }

  /** Tell whether the password that was checked is still the user's. */
  boolean signedInWith(@Nullable String current) {
    return Objects.equals(hash, current);
  }

  @Override
  public Collection<? extends GrantedAuthority> getAuthorities() {
    return List.of(new SimpleGrantedAuthority(CurrentOperator.authority(role)));
  }

  @Override
  public @Nullable String getPassword() {
    return hash;
  }

  @Override
  public String getUsername() {
    return name;
  }

  @Override
  public boolean isEnabled() {
    return enabled;
  }
}
