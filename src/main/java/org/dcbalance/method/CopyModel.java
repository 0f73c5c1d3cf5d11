package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.method.Facts.Engine;
import org.dcbalance.strategy.MemoryCopy;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Expect what each way of moving one VM costs, by {@link MemoryCopy} and what its levers do to it.
 */
final class CopyModel {
  /** How fast a guest is taken to give memory back, bytes per second, after a first second. */
  static final double BALLOON_RATE = 300 << 20;

  static final double BALLOON_START = 1;

  /** Share of its size that a page is taken to be sent with where its changes compress. */
  private static final double COMPRESSED = 0.1;

  /** QEMU slows a guest down once this many passes have left more than half of what they sent. */
  private static final int UNSLOWED = 2;

  private static final int SOON = 2;

  private final Facts facts;
  private final double bandwidth;

  CopyModel(Facts facts) {
    this.facts = facts;
    var limit = facts.policy().bandwidth();
    double learnt = Math.max(1, facts.route().bandwidth().bytesPerSecond());
    this.bandwidth = limit == null ? learnt : Math.min(learnt, Math.max(1, limit.bytesPerSecond()));
  }

  /** Expect a copy that goes on by pre-copy until it may stop the guest. */
  Expectation preCopy(Levers levers, Duration pause) {
    return preCopy(levers, pause, 1);
  }

  /**
   * Expect the same where changes compress. A page is sent as it is and kept for comparison when it
   * is sent for the second time.
   */
  Expectation compressed(Levers levers, Duration pause) {
    return preCopy(levers, pause, COMPRESSED);
  }

  private Expectation preCopy(Levers levers, Duration pause, double share) {
    double memory = firstPass(levers.balloonTo());
    var course =
        facts.host().engine() == Engine.FIXED_ROUNDS
            ? copy(memory, levers.cap()).fixedRounds()
            : untilItFits(memory, levers, seconds(pause), share);
    double copying = (course.sent() - course.rest()) / bandwidth;
    boolean slowed = levers.cap() > 0 || levers.throttle() > 0;
    double rest = course.rest();
    if (facts.host().engine() == Engine.UNTIL_IT_FITS && course.ends()) {
      // however far off the model is: QEMU does not stop the guest for longer than it may, and it
      // counts whole pages, also those that it will send compressed
      rest =
          Math.min(
              rest, Math.max(1, share * bandwidth * seconds(pause)) / bias(levers.balloonTo()));
    }
    return expectation(
        levers.balloonTo(), course.sent(), rest, slowed ? copying : 0, course.ends());
  }

  /** Tell whether a copy ends in a few passes after it begins to slow the guest down. */
  boolean endsSoon(Levers levers, Duration pause) {
    return untilItFits(firstPass(levers.balloonTo()), levers, seconds(pause), 1).passes()
        <= UNSLOWED + SOON;
  }

  /**
   * Expect a copy that switches over after as much of a pass as the policy has it, and fetches the
   * rest afterwards. What changes is taken to lie among the rest evenly.
   */
  Expectation postCopy(Levers levers) {
    double memory = firstPass(levers.balloonTo());
    double share = facts.policy().postCopyAfter();
    double twice = share * copy(memory, 0).changed(share * memory / bandwidth);
    double fetched = (1 - share) * memory + twice;
    return expectation(levers.balloonTo(), memory + twice, 0, fetched / bandwidth, true);
  }

  /** Expect a copy of a guest that stands still. */
  Expectation notLive(Levers levers) {
    double memory = firstPass(levers.balloonTo());
    return expectation(levers.balloonTo(), memory, memory, 0, true);
  }

  private Expectation expectation(
      @Nullable Memory balloonTo, double sent, double rest, double slowed, boolean ends) {
    double constant = seconds(facts.route().constant());
    double bias = bias(balloonTo);
    double ballooning = balloonTo == null ? 0 : ballooning(balloonTo);
    return new Expectation(
        new Memory(Math.round(sent)),
        duration(ballooning + bias * sent / bandwidth + constant),
        duration(bias * rest / bandwidth + constant),
        duration(bias * slowed),
        ends);
  }

  /**
   * What earlier moves sent beyond what was in use is mostly what the guest had freed, which a
   * ballooned one gives back before.
   */
  private double bias(@Nullable Memory balloonTo) {
    return balloonTo == null ? facts.vm().bias() : Math.min(1, facts.vm().bias());
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
    double rate =
        measured == null ? cores * MemoryCopy.ASSUMED_DIRTY_PER_CORE : measured.bytesPerSecond();
    return cap > 0 && cores > 0 ? rate * Math.min(1, cap / 100.0 / cores) : rate;
  }

  private double workingSet() {
    var measured = facts.vm().workingSet();
    return measured == null
        ? facts.vm().has().bytes() * MemoryCopy.ASSUMED_WORKING_SET
        : measured.bytes();
  }

  private MemoryCopy copy(double memory, int cap) {
    return new MemoryCopy(memory, bandwidth, dirtyRate(cap), workingSet());
  }

  private MemoryCopy.Course untilItFits(double memory, Levers levers, double pause, double share) {
    return copy(memory, levers.cap())
        .untilItFits(pause, pass -> share * speed(throttle(levers, pass)));
  }

  private static int throttle(Levers levers, int pass) {
    return pass < UNSLOWED
        ? 0
        : Math.min(
            levers.throttle(), levers.firstThrottle() + levers.throttleStep() * (pass - UNSLOWED));
  }

  /** A guest that has idle time makes up for what it is slowed down by: only the rest is felt. */
  private double speed(int slow) {
    double busy = Math.clamp(facts.vm().busyCores() / Math.max(1, facts.vm().cpus()), 0.01, 1);
    return Math.min(1, (100 - slow) / 100.0 / busy);
  }

  /** Expect the length of the first pass. */
  Memory firstPass(Levers levers) {
    return new Memory(Math.round(firstPass(levers.balloonTo())));
  }

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
