package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.method.Facts.Engine;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Model how a copy of memory goes: each pass sends what was changed during the one before it.
 *
 * <p>With B bytes per second of bandwidth, D of changes and a working set of W, a pass of t seconds
 * leaves W(1 − e^(−Dt/W)) to be sent again. The form is that of Akoush et al., "Predicting the
 * Performance of Virtual Machine Migration" (MASCOTS 2010), with the working set as its bound.
 */
final class CopyModel {
  /** Memory that one busy core is taken to change per second where nothing was measured: 16 MiB. */
  static final double ASSUMED_DIRTY_PER_CORE = 16 << 20;

  /** Share of its memory that a VM is taken to keep changing where nothing was measured. */
  static final double ASSUMED_WORKING_SET = 0.25;

  /** How fast a guest is taken to give memory back, bytes per second, after a first second. */
  static final double BALLOON_RATE = 300 << 20;

  static final double BALLOON_START = 1;

  /** Xen's tool stack sends dirty memory this often after the full send, then stops the guest. */
  private static final int XEN_ROUNDS = 4;

  /** Below 50 pages Xen stops sooner. */
  private static final double XEN_ENOUGH = 50 * 4096;

  /** QEMU slows a guest down once this many passes have left more than half of what they sent. */
  private static final int UNSLOWED = 2;

  private static final int SOON = 2;

  private static final int MOST_PASSES = 60;

  private final Facts facts;
  private final double bandwidth;

  CopyModel(Facts facts) {
    this.facts = facts;
    var limit = facts.policy().bandwidth();
    double learnt = Math.max(1, facts.route().bandwidth().bytesPerSecond());
    this.bandwidth = limit == null ? learnt : Math.min(learnt, Math.max(1, limit.bytesPerSecond()));
  }

  /**
   * How one copy goes: bytes sent in all, those of them while the guest pauses, passes before the
   * pause, and whether it ends.
   */
  private record Course(double sent, double rest, int passes, boolean ends) {}

  /** Expect a copy that goes on by pre-copy until it may stop the guest. */
  Expectation preCopy(Levers levers, Duration pause) {
    double memory = firstPass(levers.balloonTo());
    var course =
        facts.host().engine() == Engine.FIXED_ROUNDS
            ? rounds(memory, dirtyRate(levers.cap()))
            : untilItFits(memory, levers, seconds(pause));
    double copying = (course.sent - course.rest) / bandwidth;
    boolean slowed = levers.cap() > 0 || levers.throttle() > 0;
    double rest = course.rest;
    if (facts.host().engine() == Engine.UNTIL_IT_FITS && course.ends) {
      // however far off the model is: QEMU does not stop the guest for longer than it may
      rest = Math.min(rest, Math.max(1, bandwidth * seconds(pause)) / facts.vm().bias());
    }
    return expectation(levers.balloonTo(), course.sent, rest, slowed ? copying : 0, course.ends);
  }

  /** Tell whether a copy ends in a few passes after it begins to slow the guest down. */
  boolean endsSoon(Levers levers, Duration pause) {
    return untilItFits(firstPass(levers.balloonTo()), levers, seconds(pause)).passes
        <= UNSLOWED + SOON;
  }

  /** Expect a copy that switches over after one pass and fetches the rest afterwards. */
  Expectation postCopy(Levers levers) {
    double memory = firstPass(levers.balloonTo());
    double changed = changed(memory / bandwidth, dirtyRate(0));
    var all = expectation(levers.balloonTo(), memory + changed, 0, changed / bandwidth, true);
    return all;
  }

  /** Expect a copy of a guest that stands still. */
  Expectation notLive(Levers levers) {
    double memory = firstPass(levers.balloonTo());
    return expectation(levers.balloonTo(), memory, memory, 0, true);
  }

  private Expectation expectation(
      @Nullable Memory balloonTo, double sent, double rest, double slowed, boolean ends) {
    double constant = seconds(facts.route().constant());
    double bias = facts.vm().bias();
    double ballooning = balloonTo == null ? 0 : ballooning(balloonTo);
    return new Expectation(
        new Memory(Math.round(sent)),
        duration(ballooning + bias * sent / bandwidth + constant),
        duration(bias * rest / bandwidth + constant),
        duration(bias * slowed),
        ends);
  }

  /** Expect how long the guest takes to give back what it has beyond the target, in seconds. */
  double ballooning(Memory target) {
    var back = facts.vm().has().minus(target).bytes();
    return back == 0 ? 0 : BALLOON_START + back / BALLOON_RATE;
  }

  /** Expect how much sooner the copy ends by ballooning, the ballooning itself included. */
  double savedBy(Memory target) {
    // a guest that tells what it uses has touched more than that: what it had is sent, not what it
    // uses
    return facts.vm().has().minus(target).bytes() / bandwidth - ballooning(target);
  }

  /** Xen sends all that the guest has; QEMU leaves out what holds nothing. */
  private double firstPass(@Nullable Memory balloonTo) {
    var used = facts.vm().used();
    double has = facts.vm().has().bytes();
    double first =
        facts.host().engine() == Engine.UNTIL_IT_FITS && used != null && used.bytes() > 0
            ? Math.min(has, used.bytes())
            : has;
    return balloonTo == null ? first : Math.min(first, balloonTo.bytes());
  }

  private double dirtyRate(int cap) {
    var measured = facts.vm().dirtyRate();
    double cores = facts.vm().busyCores();
    double rate = measured == null ? cores * ASSUMED_DIRTY_PER_CORE : measured.bytesPerSecond();
    return cap > 0 && cores > 0 ? rate * Math.min(1, cap / 100.0 / cores) : rate;
  }

  private double workingSet() {
    var measured = facts.vm().workingSet();
    return measured == null ? facts.vm().has().bytes() * ASSUMED_WORKING_SET : measured.bytes();
  }

  private double changed(double time, double dirtyRate) {
    double set = workingSet();
    return set <= 0 ? 0 : set * (1 - Math.exp(-dirtyRate * time / set));
  }

  private Course untilItFits(double memory, Levers levers, double pause) {
    double dirtyRate = dirtyRate(levers.cap());
    double sent = memory;
    double rest = changed(memory / bandwidth, dirtyRate);
    int pass = 1;
    for (; rest > bandwidth * pause; pass++) {
      if (pass == MOST_PASSES) {
        return new Course(sent + rest, rest, pass, false);
      }
      sent += rest;
      int slow =
          pass < UNSLOWED
              ? 0
              : Math.min(
                  levers.throttle(),
                  levers.firstThrottle() + levers.throttleStep() * (pass - UNSLOWED));
      rest = changed(rest / bandwidth, dirtyRate * speed(slow));
    }
    return new Course(sent + rest, rest, pass, true);
  }

  /** A guest that has idle time makes up for what it is slowed down by: only the rest is felt. */
  private double speed(int slow) {
    double busy = Math.clamp(facts.vm().busyCores() / Math.max(1, facts.vm().cpus()), 0.01, 1);
    return Math.min(1, (100 - slow) / 100.0 / busy);
  }

  private Course rounds(double memory, double dirtyRate) {
    double sent = memory;
    double rest = changed(memory / bandwidth, dirtyRate);
    int round = 0;
    for (; round < XEN_ROUNDS && rest > XEN_ENOUGH; round++) {
      sent += rest;
      rest = changed(rest / bandwidth, dirtyRate);
    }
    return new Course(sent + rest, rest, 1 + round, true);
  }

  /** Expect the length of the first pass. */
  Duration firstPassTime(Levers levers) {
    return duration(firstPass(levers.balloonTo()) / bandwidth);
  }

  static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(Math.min(seconds, 1e8) * 1e9));
  }
}
