package org.dcbalance.offline;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Read, decide on and write again a cluster in one of the formats that are known. */
sealed interface ClusterFile permits HtoolsFile, PoolFile {
  /**
   * Say what is asked for.
   *
   * @param score "dcbalance" or "htools"
   * @param maxMoves most moves, null for as many as the score's own rules allow
   * @param evacuate names of hosts to empty
   */
  record Request(String strategy, String score, @Nullable Integer maxMoves, Set<String> evacuate) {
    public Request {
      evacuate = Collections.unmodifiableSet(new LinkedHashSet<>(evacuate));
    }
  }

  Outcome decide(Request request);

  /**
   * Write the text again with VMs on other hosts.
   *
   * @param hosts names of the hosts that VMs moved to, by name of the VM
   */
  List<String> after(Map<String, String> hosts);

  /**
   * Tell the formats apart by their first line: htools separate fields by upright strokes.
   *
   * @param loads lines of a utilization file, empty if none was given
   */
  static ClusterFile of(String file, List<String> lines, String loadFile, List<String> loads) {
    var first =
        lines.stream()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .findFirst()
            .orElseThrow(
                () ->
                    Arguments.problem(
                        file + " is empty.",
                        "Maybe see docs/pool-text.md for what a pool looks like."));
    if (first.contains("|")) {
      return new HtoolsFile(file, lines, loadFile, loads);
    }
    if (!loads.isEmpty()) {
      throw Arguments.problem(
          "--utilization goes with htools' format; in " + file + " each VM has its own load.",
          null);
    }
    return new PoolFile(file, lines);
  }
}
