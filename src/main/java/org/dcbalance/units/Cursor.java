package org.dcbalance.units;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Say which page of a list is asked for: {@code ?limit=&after=}.
 *
 * @param limit rows wanted, from 1 to 1000
 * @param after the {@code next} of the page before, or null for the first page
 */
public record Cursor(int limit, @Nullable String after) {
  public static final int DEFAULT_LIMIT = 100;
  public static final int MAX_LIMIT = 1000;

  public Cursor {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The limit must be from 1 to " + MAX_LIMIT + ", not " + limit + ".",
          "Maybe ask for less and follow \"next\".");
    }
  }

  public static Cursor first() {
    return new Cursor(DEFAULT_LIMIT, null);
  }

  /** Give the number of rows to read: one more than wanted, which tells whether a page follows. */
  public int fetch() {
    return limit + 1;
  }

  /**
   * Read the place as an id, empty on the first page.
   *
   * @throws Problem BAD_REQUEST where it is no id
   */
  public OptionalLong afterId() {
    if (after == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(after));
    } catch (NumberFormatException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"after\" is not the \"next\" of a page of this list: " + after + ".",
          "Maybe start again without \"after\".",
          e);
    }
  }
}
