package org.dcbalance.pages;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong now.
 *
 * @param subject what it is about, by its name
 * @param sentence what is so, with its numbers
 * @param since when it began or was noticed; null where that is not known
 * @param href where to look; null where there is no page for whoever looks
 */
record Anomaly(
    Kind kind, String subject, String sentence, @Nullable Instant since, @Nullable String href) {

  /** What can be wrong, the worst first. */
  enum Kind {
    OBSERVING(true, "Only observing", "", null),
    NO_LEADER(true, "Nobody works", "", "/about"),
    RUNS_TWICE(true, "Runs twice", "VMs run twice, or may at any moment", "/vms"),
    LOST_MOVE(true, "Lost", "moves are lost", "/migrations"),
    UNREACHABLE(true, "Unreachable", "hosts do not answer", "/hosts"),
    NO_SAMPLES(true, "No samples", "pools send no samples", "/about"),
    CRASHED(true, "Crashed", "VMs have crashed", "/vms"),
    DAMAGED(true, "Damaged", "checkpoints are damaged", "/checkpoints"),
    UNSUPPORTED(false, "Unsupported", "hosts are not supported", "/hosts"),
    STALE(false, "Stale", "hosts answer, but send no samples", "/about"),
    ROUND_LATE(false, "Round late", "pools wait for a round that is late", "/rounds"),
    OVERLOADED(false, "Overloaded", "hosts have been above their threshold for long", "/hosts"),
    STANDING(false, "Suspended", "VMs are paused or suspended", "/vms"),
    VANISHED(false, "Vanished", "VMs vanished without DCbalance", "/events?severity=WARN"),
    MOVED_OUTSIDE(false, "Moved outside", "VMs moved outside DCbalance", "/events?severity=WARN"),
    NOT_CONVERGING(false, "Not converging", "moves do not converge", "/migrations"),
    FAILED_MOVE(false, "Failed", "moves failed within the last hour", "/migrations"),
    FELL_BACK(false, "Fell back", "pools are back to manual approval", "/settings/strategy"),
    UNDELIVERED(false, "Not delivered", "destinations miss messages", "/settings/notifications");

    private final boolean bad;
    private final String word;
    private final String many;
    private final @Nullable String all;

    Kind(boolean bad, String word, String many, @Nullable String all) {
      this.bad = bad;
      this.word = word;
      this.many = many;
      this.all = all;
    }

    boolean bad() {
      return bad;
    }

    /** Say of several what is wrong with them, after their number. */
    String many() {
      return many;
    }

    /** Give the page that lists all of them. */
    @Nullable String all() {
      return all;
    }
  }

  public String tone() {
    return kind.bad ? "bad" : "warn";
  }

  public String shape() {
    return kind.bad ? "cross" : "up";
  }

  public String word() {
    return kind.word;
  }
}
