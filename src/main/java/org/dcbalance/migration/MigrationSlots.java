package org.dcbalance.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.jspecify.annotations.Nullable;

/** Decide which queued moves may start now, and what the others wait for; pure. */
final class MigrationSlots {
  private MigrationSlots() {}

  /** A move that is queued or under way. */
  record Move(long id, long pool, long source, long target, Turn turn) {}

  /**
   * When a queued move comes to its turn. Whoever has waited for long is first, so that nobody
   * waits for ever. Then comes what helps most, and of that what takes longest, such as the moves
   * of heavy writers: the others share its time. Of equal ones the first that came is first.
   *
   * @param overdue whether it has waited for long
   * @param priority of its recommendation; what people asked for themselves is HIGH
   * @param expected how long it will take; null if nobody knows yet, which counts as longest
   */
  record Turn(boolean overdue, Priority priority, @Nullable Duration expected)
      implements Comparable<Turn> {
    static final Duration OVERDUE_AFTER = Duration.ofMinutes(10);

    /** Of what is under way, which has had its turn. */
    static final Turn HAD = new Turn(false, Priority.HIGH, null);

    private static final Duration UNKNOWN = Duration.ofSeconds(Long.MAX_VALUE);

    private static final Comparator<Turn> BY_BENEFIT =
        Comparator.comparing(Turn::priority).thenComparing(Turn::length, Comparator.reverseOrder());

    private Duration length() {
      return expected == null ? UNKNOWN : expected;
    }

    @Override
    public int compareTo(Turn other) {
      return overdue || other.overdue
          ? Boolean.compare(other.overdue, overdue)
          : BY_BENEFIT.compare(this, other);
    }
  }

  /** How many moves of a pool, and between two hosts, there may be at once. */
  record Caps(int perPool, int perLink) {}

  /** The way between two hosts, in either direction. */
  private record Link(long one, long other) {
    static Link of(Move move) {
      return new Link(
          Math.min(move.source(), move.target()), Math.max(move.source(), move.target()));
    }
  }

  /** How many moves a host may send and receive at once. */
  record HostCaps(String name, int out, int in) {}

  /** Which moves start, and what each of the others waits for. */
  record Turns(List<Long> start, Map<Long, String> waiting) {}

  /**
   * Decide.
   *
   * @param queued in the order in which they came
   * @param hosts by their ids
   */
  static Turns of(List<Move> queued, List<Move> underWay, Map<Long, HostCaps> hosts, Caps caps) {
    var taken = new Taken();
    underWay.forEach(taken::count);
    var start = new ArrayList<Long>();
    var waiting = new LinkedHashMap<Long, String>();
    for (var move : inTurn(queued)) {
      var source = hosts.get(move.source());
      var target = hosts.get(move.target());
      if (source == null || target == null) {
        // the checks will say that the host is gone
        start.add(move.id());
        continue;
      }
      var wait = taken.full(move, source, target, caps);
      if (wait == null) {
        start.add(move.id());
        taken.count(move);
      } else {
        waiting.put(move.id(), wait);
      }
    }
    return new Turns(List.copyOf(start), waiting);
  }

  /**
   * Sort moves that wait by their turns.
   *
   * @param queued in the order in which they came
   */
  static List<Move> inTurn(List<Move> queued) {
    return queued.stream().sorted(Comparator.comparing(Move::turn)).toList();
  }

  /** How many moves there are of each pool, host and link. */
  private static final class Taken {
    private final Map<Long, Integer> out = new HashMap<>();
    private final Map<Long, Integer> in = new HashMap<>();
    private final Map<Long, Integer> pools = new HashMap<>();
    private final Map<Link, Integer> links = new HashMap<>();

    void count(Move move) {
      out.merge(move.source(), 1, Integer::sum);
      in.merge(move.target(), 1, Integer::sum);
      pools.merge(move.pool(), 1, Integer::sum);
      links.merge(Link.of(move), 1, Integer::sum);
    }

    /** Say what a move has to wait for; null for nothing. */
    @Nullable String full(Move move, HostCaps source, HostCaps target, Caps caps) {
      if (pools.getOrDefault(move.pool(), 0) >= caps.perPool()) {
        return "Waits for one of the pool's " + caps.perPool() + " moves at once to end.";
      }
      if (out.getOrDefault(move.source(), 0) >= source.out()) {
        return "Waits for " + slot(source.name(), "send", source.out());
      }
      if (in.getOrDefault(move.target(), 0) >= target.in()) {
        return "Waits for " + slot(target.name(), "receive", target.in());
      }
      if (links.getOrDefault(Link.of(move), 0) >= caps.perLink()) {
        return "Waits for the link between %s and %s, which may carry %d %s at once."
            .formatted(source.name(), target.name(), caps.perLink(), guests(caps.perLink()));
      }
      return null;
    }
  }

  private static String slot(String host, String verb, int cap) {
    return "%s, which may %s %d %s at once.".formatted(host, verb, cap, guests(cap));
  }

  private static String guests(int count) {
    return count == 1 ? "guest" : "guests";
  }
}
