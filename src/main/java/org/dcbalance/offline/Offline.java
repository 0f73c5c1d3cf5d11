package org.dcbalance.offline;

import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import org.dcbalance.units.Problem;

/** Answer commands that need neither server nor database. */
public final class Offline {
  private static final int DONE = 0;
  private static final int WRONG_INPUT = 2;

  private static final Set<String> COMMANDS = Set.of("decide", "replay");

  private Offline() {}

  /** Tell whether a command line is one of ours, by its first word. */
  public static boolean answers(String... arguments) {
    return arguments.length > 0 && COMMANDS.contains(arguments[0]);
  }

  /**
   * Carry a command out.
   *
   * @return the exit status: 0, or 2 where the command line or a file cannot be read
   */
  public static int run(PrintStream out, PrintStream err, String... arguments) {
    var words = List.of(arguments);
    if (words.contains("--help")) {
      out.print(words.getFirst().equals("replay") ? ReplayCommand.USAGE : DecideCommand.USAGE);
      return DONE;
    }
    try {
      var rest = words.subList(1, words.size());
      if (words.getFirst().equals("replay")) {
        ReplayCommand.run(rest, out);
      } else {
        DecideCommand.run(rest, out, err);
      }
      return DONE;
    } catch (Problem problem) {
      err.println(problem.sentence());
      if (problem.advice() != null) {
        err.println(problem.advice());
      }
      return WRONG_INPUT;
    }
  }
}
