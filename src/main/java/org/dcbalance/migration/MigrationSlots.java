package org.dcbalance.migration;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decide which queued moves may start now, first come, first served, and what the others wait for;
 * pure.
 */
final class MigrationSlots {
  private MigrationSlots() {}

  /** A move that is queued or under way. */
  record Move(long id, long pool, long source, long target) {}

  /** How many moves a host may send and receive at once. */
  record HostCaps(String name, int out, int in) {}

  /** Which moves start, and what each of the others waits for. */
  record Turns(List<Long> start, Map<Long, String> waiting) {}

  static Turns of(List<Move> queued, List<Move> underWay, Map<Long, HostCaps> hosts, int perPool) {
    var out = new HashMap<Long, Integer>();
    var in = new HashMap<Long, Integer>();
    var pools = new HashMap<Long, Integer>();
    underWay.forEach(m -> count(m, out, in, pools));
    var start = new ArrayList<Long>();
    var waiting = new LinkedHashMap<Long, String>();
    for (var move : queued) {
      var source = hosts.get(move.source());
      var target = hosts.get(move.target());
      if (source == null || target == null) {
        // the checks will say that the host is gone
        start.add(move.id());
      } else if (pools.getOrDefault(move.pool(), 0) >= perPool) {
        waiting.put(move.id(), "Waits for one of the pool's " + perPool + " moves at once to end.");
      } else if (out.getOrDefault(move.source(), 0) >= source.out()) {
        waiting.put(move.id(), "Waits for " + slot(source.name(), "send", source.out()));
      } else if (in.getOrDefault(move.target(), 0) >= target.in()) {
        waiting.put(move.id(), "Waits for " + slot(target.name(), "receive", target.in()));
      } else {
        start.add(move.id());
        count(move, out, in, pools);
      }
    }
    return new Turns(List.copyOf(start), waiting);
  }

  private static String slot(String host, String verb, int cap) {
    return host
        + ", which may "
        + verb
        + " "
        + cap
        + (cap == 1 ? " guest" : " guests")
        + " at once.";
  }

  private static void count(
      Move move, Map<Long, Integer> out, Map<Long, Integer> in, Map<Long, Integer> pools) {
    out.merge(move.source(), 1, Integer::sum);
    in.merge(move.target(), 1, Integer::sum);
    pools.merge(move.pool(), 1, Integer::sum);
  }
}
