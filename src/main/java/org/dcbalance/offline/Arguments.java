package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/** Hold what stood on the command line: names, and options with and without values. */
final class Arguments {
  private final List<String> names = new ArrayList<>();
  private final Map<String, List<String>> values = new HashMap<>();
  private final Set<String> flags = new HashSet<>();

  /**
   * Take a command line apart.
   *
   * @param withValue options that take a value
   * @param without options that do not
   * @throws Problem BAD_REQUEST for any other option, or if a value is missing
   */
  Arguments(List<String> words, Set<String> withValue, Set<String> without) {
    for (int i = 0; i < words.size(); i++) {
      var word = words.get(i);
      if (!word.startsWith("--")) {
        names.add(word);
      } else if (without.contains(word)) {
        flags.add(word);
      } else if (!withValue.contains(word)) {
        throw problem("There is no option " + word + ".", null);
      } else if (++i == words.size()) {
        throw problem(word + " needs a value.", null);
      } else {
        values.computeIfAbsent(word, _ -> new ArrayList<>()).add(words.get(i));
      }
    }
  }

  static Problem problem(String sentence, @Nullable String advice) {
    return new Problem(ErrorCode.BAD_REQUEST, sentence, advice);
  }

  static Problem problem(String sentence, @Nullable String advice, Throwable cause) {
    return new Problem(ErrorCode.BAD_REQUEST, sentence, advice, cause);
  }

  static Problem unknownHost(String name, String file) {
    return problem("--evacuate: there is no host \"" + name + "\" in " + file + ".", null);
  }

  /** Give the one name that a command takes. */
  String only(String what) {
    if (names.size() != 1) {
      throw problem(
          "One " + what + " is needed, and there are " + names.size() + ".",
          "Maybe put values right behind their options.");
    }
    return names.getFirst();
  }

  boolean has(String flag) {
    return flags.contains(flag);
  }

  List<String> all(String option) {
    return values.getOrDefault(option, List.of());
  }

  @Nullable String value(String option) {
    var given = all(option);
    return given.isEmpty() ? null : given.getLast();
  }

  /** Give the value of an option that has a few possible ones. */
  String oneOf(String option, List<String> possible, String otherwise) {
    var value = value(option);
    if (value == null) {
      return otherwise;
    }
    if (!possible.contains(value)) {
      throw problem(
          option + " is " + String.join(" or ", possible) + ", not \"" + value + "\".", null);
    }
    return value;
  }

  int wholeNumber(String option, int least, int otherwise) {
    var value = value(option);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, option + ": \"" + value + "\" is not a whole number.", null, e);
    }
    throw problem(option + ": " + value + " is less than " + least + ".", null);
  }
}
