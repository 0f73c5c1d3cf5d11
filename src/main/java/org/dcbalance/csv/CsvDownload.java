package org.dcbalance.csv;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.ToLongFunction;
import org.springframework.http.HttpHeaders;

/** Answer with a table that browsers save as a file. */
public final class CsvDownload {
  private static final int AT_ONCE = 1000;

  private CsvDownload() {}

  /** Begin the answer with the names of its columns. */
  public static Csv begin(HttpServletResponse response, String file, String... columns)
      throws IOException {
    response.setContentType(Csv.MEDIA_TYPE);
    response.setHeader(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + file + "\"");
    response.setCharacterEncoding(StandardCharsets.UTF_8);
    return new Csv(response.getWriter(), columns);
  }

  /** Lists what has a smaller id, newest first, up to a number. */
  public interface Older<T> {
    List<T> than(long id, int most);
  }

  /** Writes one item to the table. */
  public interface RowOf<T> {
    void write(T item) throws IOException;
  }

  /** Write all items, newest first, without having all of them in memory. */
  public static <T> void all(Older<T> older, ToLongFunction<T> id, RowOf<T> row)
      throws IOException {
    long before = Long.MAX_VALUE;
    List<T> some;
    do {
      some = older.than(before, AT_ONCE);
      for (var item : some) {
        row.write(item);
        before = id.applyAsLong(item);
      }
    } while (some.size() == AT_ONCE);
  }
}
