package org.dcbalance.replay;

import java.time.Duration;

/**
 * Say at which pace a console decides.
 *
 * @param every time between two rounds
 * @param window how far back a decision looks; at least a step
 * @param coolDown rest of a VM after a move, doubled for each move within 24 hours
 * @param coolDownMost longest rest
 * @param peaksKept how long the peaks of a day are taken to last before they are looked up anew
 */
public record Tempo(
    Duration every, Duration window, Duration coolDown, Duration coolDownMost, Duration peaksKept) {
  /** Tell how many rounds a step holds, at least one. */
  int rounds(Duration step) {
    return (int) Math.max(1, step.dividedBy(every));
  }

  /** Tell how many steps a window holds, at least one. */
  int windowSteps(Duration step) {
    return (int) Math.max(1, window.dividedBy(step));
  }
}
