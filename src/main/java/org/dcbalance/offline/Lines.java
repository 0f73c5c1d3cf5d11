package org.dcbalance.offline;

/** Build lines of text. A formatter that can do more takes longer to load than most decisions. */
final class Lines {
  private final StringBuilder out = new StringBuilder();
  private int start;

  Lines add(String text) {
    out.append(text);
    return this;
  }

  Lines add(int number) {
    out.append(number);
    return this;
  }

  /** Add a number with so many decimals, rounded half up. */
  Lines add(double number, int decimals) {
    long factor = 1;
    for (int i = 0; i < decimals; i++) {
      factor *= 10;
    }
    if (!(Math.abs(number) < 9e17 / factor)) {
      out.append(number);
      return this;
    }
    long scaled = Math.round(Math.abs(number) * factor);
    out.append(number < 0 && scaled != 0 ? "-" : "").append(scaled / factor);
    if (decimals > 0) {
      var rest = Long.toString(scaled % factor);
      out.append('.').repeat('0', decimals - rest.length()).append(rest);
    }
    return this;
  }

  /** Add a number that ends so many characters further on, or further if it is longer. */
  Lines right(double number, int decimals, int width) {
    int at = out.length();
    add(number, decimals);
    out.insert(at, " ".repeat(Math.max(0, width - (out.length() - at))));
    return this;
  }

  /** Fill the line up to a column. */
  Lines to(int column) {
    out.repeat(' ', Math.max(0, column - (out.length() - start)));
    return this;
  }

  Lines end() {
    out.append('\n');
    start = out.length();
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
