package org.dcbalance.offline;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Point at a line of a text that is being read, to say where something is wrong with it.
 *
 * @param number counted from 1
 */
record SourceLine(String file, int number, String text) {
  /** Report a field that cannot be read. */
  Problem wrong(String field, String what) {
    return wrong(field, what, null);
  }

  Problem wrong(String field, String what, @Nullable String advice) {
    return new Problem(
        ErrorCode.BAD_REQUEST, file + ", line " + number + ", " + field + ": " + what, advice);
  }

  /** Read a number of at least 0. */
  double number(String field, String value) {
    double number;
    try {
      number = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw wrong(field, "\"" + value + "\" is not a number.");
    }
    if (!Double.isFinite(number) || number < 0) {
      throw wrong(field, "\"" + value + "\" is not a number of at least 0.");
    }
    return number;
  }

  /** Read a whole number of at least {@code least}. */
  long whole(String field, String value, long least) {
    long number;
    try {
      number = Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw wrong(field, "\"" + value + "\" is not a whole number.");
    }
    if (number < least) {
      throw wrong(field, "\"" + value + "\" is less than " + least + ".");
    }
    return number;
  }
}
