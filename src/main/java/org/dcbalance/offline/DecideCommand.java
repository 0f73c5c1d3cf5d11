package org.dcbalance.offline;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Decide once on a pool that a file describes: {@code decide CLUSTER [options]}. */
final class DecideCommand {
  static final String USAGE =
      """
      decide CLUSTER [--utilization FILE] [--strategy dcbalance|dlb|osvd] [--score dcbalance|htools]
             [--max-moves N] [--evacuate HOST]... [--save-after FILE] [--json]

        CLUSTER        a pool (docs/pool-text.md) or a cluster in the text format of htools
        --utilization  load of htools' instances: name cpu mem disk net, as shares of a host
        --score        what is balanced by; htools: the terms and weights of hbal
        --max-moves    most moves; by default 4 (dcbalance) or any number (htools)
        --evacuate     empty this host
        --save-after   write the state after the plan, in the format read
        --json         print the decision as JSON
      """;

  private DecideCommand() {}

  static void run(List<String> words, PrintStream out, PrintStream err) {
    var arguments =
        new Arguments(
            words,
            Set.of(
                "--utilization",
                "--strategy",
                "--score",
                "--max-moves",
                "--evacuate",
                "--save-after"),
            Set.of("--json"));
    var file = arguments.only("cluster file");
    var loads = arguments.value("--utilization");
    int cap = arguments.wholeNumber("--max-moves", 0, -1);
    var request =
        new ClusterFile.Request(
            arguments.oneOf("--strategy", List.of("dcbalance", "dlb", "osvd"), "dcbalance"),
            arguments.oneOf("--score", List.of("dcbalance", "htools"), "dcbalance"),
            cap < 0 ? null : cap,
            new LinkedHashSet<>(arguments.all("--evacuate")));
    var cluster =
        ClusterFile.of(
            file,
            lines(file),
            loads == null ? "" : loads,
            loads == null ? List.of() : lines(loads));
    long start = System.nanoTime();
    var outcome = cluster.decide(request);
    double seconds = (System.nanoTime() - start) / 1e9;
    double searched = outcome.searched().toNanos() / 1e9;
    err.print(
        new Lines()
            .add("Decided in ")
            .add(seconds, 3)
            .add(" s, of which the search took ")
            .add(searched, 3)
            .add(" s.")
            .end());
    out.print(arguments.has("--json") ? OutcomeText.json(outcome) : OutcomeText.plain(outcome));
    out.flush();
    var save = arguments.value("--save-after");
    if (save != null) {
      var hosts = new HashMap<String, String>();
      outcome.moves().forEach(move -> hosts.put(move.vm(), move.target()));
      write(save, cluster.after(hosts));
    }
  }

  static List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw Arguments.problem("There is no file " + file + ".", null, e);
    } catch (MalformedInputException e) {
      throw Arguments.problem(file + " is not text in UTF-8.", null, e);
    } catch (IOException e) {
      throw Arguments.problem("Cannot read " + file + ": it is no file that may be read.", null, e);
    }
  }

  private static void write(String file, List<String> lines) {
    try {
      Files.write(Path.of(file), lines, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw Arguments.problem("Cannot write " + file + ": " + e.getMessage() + ".", null, e);
    }
  }
}
