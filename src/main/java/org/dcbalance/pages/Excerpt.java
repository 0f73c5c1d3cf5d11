package org.dcbalance.pages;

import java.util.List;
import java.util.function.Function;

/**
 * Show one page of a list that is too long to be looked at as a whole.
 *
 * @param number of this page, from 1
 * @param pages how many there are, at least 1
 * @param first number of the first item in the whole list, from 1; 0 where the list is empty
 * @param total items of the whole list
 */
record Excerpt<T>(List<T> items, int number, int pages, int first, int total) {
  /** As many rows as one scrolls through, and as are sent again while the page is open. */
  static final int SIZE = 100;

  Excerpt {
    items = List.copyOf(items);
  }

  /** Cut out a page; the nearest one if there is none of this number, as when the list shrank. */
  static <T> Excerpt<T> of(List<T> all, int wanted) {
    int pages = Math.max(1, Math.ceilDiv(all.size(), SIZE));
    int number = Math.clamp(wanted, 1, pages);
    int from = (number - 1) * SIZE;
    var items = all.subList(from, Math.min(all.size(), from + SIZE));
    return new Excerpt<>(items, number, pages, items.isEmpty() ? 0 : from + 1, all.size());
  }

  /** Turn the items of this page into something else. */
  <R> Excerpt<R> map(Function<List<T>, List<R>> change) {
    return new Excerpt<>(change.apply(items), number, pages, first, total);
  }

  /** Give the number of the last item of this page in the whole list. */
  public int last() {
    return Math.max(0, first + items.size() - 1);
  }
}
