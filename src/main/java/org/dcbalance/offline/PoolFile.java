package org.dcbalance.offline;

import java.util.List;
import java.util.Map;

/** A pool in the text format of DCbalance. */
record PoolFile(String file, List<String> lines) implements ClusterFile {
  PoolFile {
    lines = List.copyOf(lines);
  }

  @Override
  public Outcome decide(Request request) {
    if (request.score().equals("htools")) {
      throw Arguments.problem(
          "The score of htools needs disks and virtual CPUs, which " + file + " does not tell.",
          "Maybe give the cluster in htools' own text format.");
    }
    return PoolDecision.of(PoolText.read(file, lines), request);
  }

  @Override
  public List<String> after(Map<String, String> hosts) {
    return PoolText.after(lines, hosts);
  }
}
