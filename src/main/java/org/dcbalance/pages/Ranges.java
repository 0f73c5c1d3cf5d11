package org.dcbalance.pages;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Know the time ranges that charts offer; the page's script reads the same parameter. */
final class Ranges {
  private static final Set<String> OFFERED = Set.of("15m", "1h", "6h", "24h", "7d");

  /** Rounds are further apart than samples, and what they decide is seen over a day. */
  static final String OF_IMBALANCE = "24h";

  private Ranges() {}

  /** Give the range that a page of loads shows. */
  static String chosen(@Nullable String asked) {
    return chosen(asked, "1h");
  }

  /**
   * Give the range that was asked for, or the page's usual one where it is none of those offered.
   */
  static String chosen(@Nullable String asked, String usual) {
    return asked != null && OFFERED.contains(asked) ? asked : usual;
  }
}
