package org.dcbalance.pages;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Know the time ranges that charts offer; the page's script reads the same parameter. */
final class Ranges {
  private static final Set<String> OFFERED = Set.of("15m", "1h", "6h", "24h", "7d");

  private Ranges() {}

  static String chosen(@Nullable String asked) {
    return asked != null && OFFERED.contains(asked) ? asked : "1h";
  }
}
