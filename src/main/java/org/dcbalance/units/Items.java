package org.dcbalance.units;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Wrap one page of a list, as every list of the API is answered.
 *
 * @param items the rows of this page
 * @param next what to send as {@code after} to read on, or null on the last page
 */
public record Items<T>(List<T> items, @Nullable String next) {
  public Items {
    items = List.copyOf(items);
  }

  /** Wrap a list that is whole. */
  public static <T> Items<T> all(List<T> items) {
    return new Items<>(items, null);
  }

  /**
   * Cut a page out of rows that were read with {@link Cursor#fetch()} as their limit.
   *
   * @param key gives what identifies a row's place in the list's order, usually its id
   */
  public static <T> Items<T> page(List<T> rows, Cursor cursor, Function<T, ?> key) {
    if (rows.size() <= cursor.limit()) {
      return all(rows);
    }
    var page = rows.subList(0, cursor.limit());
    return new Items<>(page, String.valueOf(key.apply(page.getLast())));
  }

  /** Turn every item into something else and keep the place. */
  public <R> Items<R> map(Function<T, R> change) {
    return new Items<>(items.stream().map(change).toList(), next);
  }
}
