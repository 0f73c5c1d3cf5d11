package org.dcbalance.access;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Read from what a provider says of somebody what that one may do here. */
final class OidcRoles {
  private OidcRoles() {}

  /** Give the highest role that one of the claim's values is meant for; empty for none at all. */
  static Optional<Role> of(Map<String, Object> claims, OidcSettings settings) {
    var values = texts(find(claims, settings.roleClaim()));
    for (var role : List.of(Role.ADMINISTRATOR, Role.OPERATOR, Role.VIEWER)) {
      if (settings.roles().of(role).stream().anyMatch(values::contains)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }

  /**
   * A claim of the whole name comes first: names may hold dots, such as those that are addresses.
   */
  private static @Nullable Object find(Map<?, ?> claims, String path) {
    var whole = claims.get(path);
    int dot = path.indexOf('.');
    if (whole != null || dot < 0) {
      return whole;
    }
    return claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner
        ? find(inner, path.substring(dot + 1))
        : null;
  }

  private static List<String> texts(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case Collection<?> several -> several.stream().map(String::valueOf).toList();
      default -> List.of(value.toString());
    };
  }
}
