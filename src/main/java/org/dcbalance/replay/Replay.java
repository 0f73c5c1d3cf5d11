package org.dcbalance.replay;

import java.time.Duration;
import java.util.List;

/** Play one recording to several contenders side by side, until it ends or time is up. */
public final class Replay {
  private Replay() {}

  /**
   * Say what came of it.
   *
   * @param tallies one for each contender, in their order, all over the same time
   * @param steps how many steps were played
   * @param played the time that they cover
   * @param recorded the time that there was to play; longer than what was played if time was up
   */
  public record Played(List<Tally> tallies, int steps, Duration played, Duration recorded) {
    public Played {
      tallies = List.copyOf(tallies);
    }

    /** Tell whether time was up before the recording ended. */
    public boolean cut() {
      return played.compareTo(recorded) < 0;
    }
  }

  /**
   * Play.
   *
   * @param atMost how long that may take; the last step is finished, so that it takes a little
   *     longer where single decisions do
   */
  public static Played run(
      Recording recording, List<Contender> contenders, Yardstick yardstick, Duration atMost) {
    long started = System.nanoTime();
    var all = contenders.stream().map(each -> new Simulation(recording, each, yardstick)).toList();
    int steps = 0;
    while (steps < recording.steps().size()
        && System.nanoTime() - started < atMost.toNanos()
        && !Thread.currentThread().isInterrupted()) {
      all.forEach(Simulation::advance);
      steps++;
    }
    return new Played(
        all.stream().map(Simulation::tally).toList(),
        steps,
        recording.step().multipliedBy(steps),
        recording.length());
  }
}
