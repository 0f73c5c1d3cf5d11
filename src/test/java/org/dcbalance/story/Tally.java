package org.dcbalance.story;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dcbalance.testing.Figures;

/** Count how the rounds of a campaign ended, by when and how their moves were broken. */
final class Tally {
  private final List<Round> rounds = new ArrayList<>();

  /**
   * One round, which can be kept as a line of words.
   *
   * @param end the state of the move's record, before a person closed it
   * @param copies the greatest number of running copies that were seen at once
   */
  record Round(Moment moment, Fault fault, String end, int copies) {
    static Round parse(String line) {
      var words = line.split(" ");
      return new Round(
          Moment.valueOf(words[0]), Fault.valueOf(words[1]), words[2], Integer.parseInt(words[3]));
    }

    String line() {
      return moment + " " + fault + " " + end + " " + copies;
    }
  }

  void add(Round round) {
    rounds.add(round);
  }

  /** Print a line for each moment and fault that there was. */
  void print() {
    for (var moment : Moment.values()) {
      for (var fault : Fault.values()) {
        var alike =
            rounds.stream()
                .filter(round -> round.moment() == moment && round.fault() == fault)
                .toList();
        if (!alike.isEmpty()) {
          print(moment, fault, alike);
        }
      }
    }
  }

  private static void print(Moment moment, Fault fault, List<Round> alike) {
    var ends =
        alike.stream()
            .collect(Collectors.groupingBy(Round::end, TreeMap::new, Collectors.counting()));
    int copies = alike.stream().mapToInt(Round::copies).max().orElseThrow();
    Figures.print(
        "campaign, %s, %s".formatted(moment, fault),
        "runs %d, ends %s, most copies that ran at once %d".formatted(alike.size(), ends, copies));
  }
}
