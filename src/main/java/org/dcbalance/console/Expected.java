package org.dcbalance.console;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Say in words what a value should have been. */
final class Expected {
  private Expected() {}

  static String words(@Nullable Class<?> type) {
    if (type == null) {
      return "another value";
    }
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
    }
    if (type == Instant.class) {
      return "a time like 2026-01-31T14:02:00Z";
    }
    if (type == LocalDate.class) {
      return "a day like 2026-01-31";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == HostId.class || type == VmId.class || type == PoolId.class) {
      return "an id, which is a whole number";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    }
    if (CharSequence.class.isAssignableFrom(type)) {
      return "a text";
    }
    if (Iterable.class.isAssignableFrom(type) || type.isArray()) {
      return "a list";
    }
    return "an object";
  }
}
