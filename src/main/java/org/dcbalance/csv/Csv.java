package org.dcbalance.csv;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Write a table as RFC 4180 has it: commas, quotes where needed, CRLF after each row.
 *
 * <p>Names come from hypervisors and people, and spreadsheets compute what begins like a formula. A
 * text that begins so is written with an apostrophe before it, which they show as text; numbers are
 * written as they are.
 */
public final class Csv {
  /** The media type, with the header row announced. */
  public static final String MEDIA_TYPE = "text/csv;charset=UTF-8;header=present";

  private static final String BEGINS_A_FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20";

  private final Appendable out;

  /** Begin a table with the names of its columns. */
  public Csv(Appendable out, String... columns) throws IOException {
    this.out = out;
    row((Object[]) columns);
  }

  /** Write one row; null is an empty cell. */
  public void row(@Nullable Object... cells) throws IOException {
    for (int i = 0; i < cells.length; i++) {
      if (i > 0) {
        out.append(',');
      }
      out.append(cell(cells[i]));
    }
    out.append("\r\n");
  }

  static String cell(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Number number -> number.toString();
      case List<?> list ->
          quoted(harmless(String.join("; ", list.stream().map(String::valueOf).toList())));
      default -> quoted(harmless(value.toString()));
    };
  }

  private static String harmless(String text) {
    // a spreadsheet skips blanks before it looks
    var begin = text.stripLeading();
    boolean formula =
        (!begin.isEmpty() && BEGINS_A_FORMULA.indexOf(begin.charAt(0)) >= 0)
            || (!text.isEmpty() && BEGINS_A_FORMULA.indexOf(text.charAt(0)) >= 0);
    return formula ? "'" + text : text;
  }

  private static String quoted(String text) {
    return text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r' || c == ';')
        ? '"' + text.replace("\"", "\"\"") + '"'
        : text;
  }
}
