package org.dcbalance.offline;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Write maps, lists, texts and numbers as JSON. Loading a library for it would take longer than
 * most decisions.
 */
final class Json {
  private final StringBuilder out = new StringBuilder();

  private Json() {}

  static String of(Object value) {
    var json = new Json();
    json.write(value, "");
    return json.out.append('\n').toString();
  }

  private void write(@Nullable Object value, String indent) {
    switch (value) {
      case null -> out.append("null");
      case Double number -> out.append(Double.isFinite(number) ? number.toString() : "null");
      case Number number -> out.append(number);
      case Boolean flag -> out.append(flag);
      case Map<?, ?> map -> {
        out.append('{');
        var comma = "";
        for (var entry : map.entrySet()) {
          out.append(comma).append('\n').append(indent).append("  ");
          text(String.valueOf(entry.getKey()));
          out.append(": ");
          write(entry.getValue(), indent + "  ");
          comma = ",";
        }
        out.append(map.isEmpty() ? "}" : "\n" + indent + "}");
      }
      case List<?> list -> {
        out.append('[');
        var comma = "";
        for (var item : list) {
          out.append(comma).append('\n').append(indent).append("  ");
          write(item, indent + "  ");
          comma = ",";
        }
        out.append(list.isEmpty() ? "]" : "\n" + indent + "]");
      }
      default -> text(value.toString());
    }
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append("\\u00").append(c < 16 ? "0" : "").append(Integer.toHexString(c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
