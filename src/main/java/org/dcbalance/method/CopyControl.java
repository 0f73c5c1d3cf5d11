package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Control a pre-copy while it runs: allow a longer pause, switch to post-copy, or give it up, as
 * the policy has it. Fed with what the hypervisor tells; asks no clock.
 *
 * <p>What a pass has to send shows whether the copy gains on the guest: within a pass what remains
 * falls towards nothing in any case. The stall is judged as KubeVirt does: no pass was smaller than
 * 96 % of the smallest one before, for a while. Where post-copy is allowed it comes before a pause
 * beyond the accepted one.
 */
public final class CopyControl {
  private static final double GAINS = 0.96;

  /**
   * Passes that are smaller than this share of the one before, on average over two, will soon be
   * small enough: what a guest writes comes in bursts.
   */
  private static final double GAINS_FAST = 0.75;

  /** Beyond the accepted pause a copy that stalls may still be ended at this many times of it. */
  private static final double LAST_RESORT = 1.5;

  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(10);
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(40);
  private static final int RAISES_FROM = 3;

  /** Beside what a post-copy needs for the rest, for the switch itself. */
  private static final Duration SPARE = Duration.ofSeconds(1);

  /** What is told of the first moments of a copy says nothing of its bandwidth. */
  private static final Duration TELLS_AFTER = Duration.ofSeconds(1);

  /** What the hypervisor did not do is tried again then; trying at each look would help nobody. */
  private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

  /** So often a switch to post-copy is asked for; what refuses it then, cannot. */
  private static final int MOST_SWITCHES = 3;

  /**
   * A pass of which so many times more is over than was sent is in memory that was never touched.
   */
  private static final double UNTOUCHED = 4;

  /** QEMU slows a guest down from the end of its second pass on, and looks at every second one. */
  private static final int SLOWED_FROM = 5;

  /** A pass that begins slowed down is told as its next one begins, and that of its rest. */
  private static final int SHOWS_AFTER = 3;

  /** A bandwidth that dips is no reason to give up. */
  private static final Duration CLEAR_AFTER = Duration.ofSeconds(5);

  private final Choice.Move move;
  private final Facts.Policy policy;
  private final boolean pauseCanBeSet;
  private final boolean canAbort;
  private final Duration patience;

  /** Bytes that the first pass is expected to send. */
  private final double firstPass;

  /** Bytes that are sent before a switch to post-copy that was planned. */
  private final long beforeSwitch;

  private Duration allowed;
  private @Nullable Duration raisedAt;
  private int iteration;

  /** Bytes that were left at the first look at the last pass, and at the one before it. */
  private double lastLeft = Double.NaN;

  private double leftBefore = Double.NaN;

  /** The most that may have been left when the last pass began: looks come a little later. */
  private double lastBegan = Double.NaN;

  private int lastPass;
  private double sentAtLook;

  private double smallest = Double.MAX_VALUE;
  private double smallestBefore = Double.NaN;
  private Duration smallestAt = Duration.ZERO;
  private int smallestIteration;

  /** Twice what sending the smallest pass was expected to take when it began. */
  private Duration smallestTakes = Duration.ZERO;

  private boolean gainsFast;

  private Duration passAt = Duration.ZERO;

  /** Twice what sending the present pass was expected to take when it began. */
  private Duration passTakes = Duration.ZERO;

  private int throttle;

  /** The pass in which the guest was slowed down further for the last time; 0 if it never was. */
  private int slowedIn;

  private double remainedBefore = Double.NaN;
  private double sentBefore = Double.NaN;

  /** Whether the pass that is seen next began before anybody here looked. */
  private boolean joins;

  private Duration quietUntil = Duration.ZERO;
  private @Nullable Duration missesSince;
  private Duration allowedBefore = Duration.ZERO;
  private Duration tryAgainAt = Duration.ZERO;
  private boolean switched;
  private int switchesRefused;
  private boolean givenUp;

  /** Control a copy that was begun by this choice. */
  public CopyControl(Choice.Move move, Facts facts) {
    this.move = move;
    this.policy = facts.policy();
    this.pauseCanBeSet = facts.host().has(Lever.PAUSE);
    this.canAbort = facts.host().has(Lever.ABORT);
    // where post-copy is allowed it ends the copy in any case, and waiting gains nothing
    var model = new CopyModel(facts);
    long first = model.firstPass(move.levers()).bytes();
    this.firstPass = first * Math.max(1, facts.vm().bias());
    this.beforeSwitch = Math.round(first * facts.policy().postCopyAfter());
    var wait = model.firstPassTime(move.levers()).multipliedBy(move.levers().postCopy() ? 1 : 2);
    this.patience =
        wait.compareTo(LEAST_PATIENCE) < 0
            ? LEAST_PATIENCE
            : wait.compareTo(MOST_PATIENCE) > 0 ? MOST_PATIENCE : wait;
    var pause = move.levers().pause();
    this.allowed = pause == null ? Duration.ZERO : pause;
  }

  /**
   * Control a copy that somebody else began. What is left of the pass that it is in tells nothing
   * of that pass, so it is judged from the next one on.
   */
  public static CopyControl joining(Choice.Move move, Facts facts) {
    var control = new CopyControl(move, facts);
    control.joins = true;
    return control;
  }

  /** Tell whether a copy gains by what was left, in bytes, as one pass and one before it began. */
  public static boolean gains(double left, double leftBefore) {
    return left < GAINS * leftBefore;
  }

  /**
   * What the hypervisor tells of a copy.
   *
   * @param sent memory sent so far, over all passes
   * @param throttle by how much it slows the guest down, in percent
   * @param left until it must have ended; null for no such time
   */
  public record Seen(
      Duration elapsed,
      Memory sent,
      Memory remaining,
      ByteRate bandwidth,
      int iteration,
      int throttle,
      boolean postCopy,
      @Nullable Duration left) {}

  /** What to do next. */
  public sealed interface Step {
    record GoOn() implements Step {}

    record AllowPause(Duration longest, String why) implements Step {}

    record SwitchToPostCopy(String why) implements Step {}

    /** Give it up; {@code late} where it would not end in time, and may end otherwise. */
    record GiveUp(String why, boolean late) implements Step {}
  }

  /** Look at a copy, and say what to do; in post-copy nothing is ever done. */
  public Step next(Seen now) {
    if (now.postCopy() || switched || givenUp || now.elapsed().compareTo(tryAgainAt) < 0) {
      return new Step.GoOn();
    }
    double sinceLook = now.sent().bytes() - sentAtLook;
    sentAtLook = now.sent().bytes();
    var late = late(now);
    if (late != null) {
      return late;
    }
    boolean asItIs = move.levers().withBandwidth(null).equals(Levers.NONE) || !move.levers().live();
    if (asItIs) {
      return new Step.GoOn();
    }
    if (move.method() == Method.POST_COPY && mayPostCopy() && planned(now)) {
      return switchOver(
          now.iteration() < 2
              ? "%s are sent, as planned.".formatted(MethodText.mib(now.sent()))
              : "The first pass is over, as planned.");
    }
    if (now.iteration() < 2) {
      joins = false;
      return new Step.GoOn();
    }
    boolean fresh = now.iteration() > iteration && !joins;
    joins = false;
    iteration = now.iteration();
    if (fresh) {
      passAt = now.elapsed();
      passTakes = seconds(2 * now.remaining().bytes() / rate(now));
    }
    if (now.throttle() > throttle) {
      throttle = now.throttle();
      slowedIn = iteration;
    }
    var gainsLittle = fresh ? gainsLittle(now, sinceLook) : null;
    if (fresh && gains(now.remaining().bytes(), smallest)) {
      gainsFast =
          now.remaining().bytes() < GAINS_FAST * smallest
              || now.remaining().bytes() < GAINS_FAST * GAINS_FAST * smallestBefore;
      smallestBefore = smallest < Double.MAX_VALUE ? smallest : Double.NaN;
      smallest = now.remaining().bytes();
      smallestAt = now.elapsed();
      smallestIteration = iteration;
      smallestTakes = seconds(2 * smallest / rate(now));
    }
    double needed = smallest / Math.max(1, now.bandwidth().bytesPerSecond());
    if (now.elapsed().compareTo(quietUntil) < 0) {
      return new Step.GoOn();
    }
    // one that another console began may be slowed down though nothing would be set for that now
    int mostThrottle = move.levers().throttle() > 0 ? move.levers().throttle() : policy.throttle();
    if (now.throttle() > mostThrottle) {
      return lastResort(
          now,
          needed,
          "It is slowed down by %d %%, more than the %d %% that are allowed."
              .formatted(now.throttle(), mostThrottle));
    }
    if (smallest == Double.MAX_VALUE) {
      return new Step.GoOn();
    }
    if (stalled(now) && !beingSlowed(now)) {
      return lastResort(
          now,
          needed,
          "The copy no longer gains: %s have remained for %s."
              .formatted(
                  MethodText.mib(new Memory(Math.round(smallest))),
                  MethodText.time(now.elapsed().minus(smallestAt))));
    }
    if (gainsLittle != null && mayPostCopy()) {
      return switchOver(gainsLittle);
    }
    return raise(now, needed);
  }

  /**
   * Foresee when a pass will be small enough for the accepted pause, from what the last two gained:
   * what that takes longer than a stall may last is as good as stalled. Where changes compress the
   * first passes tell nothing of it, since pages are sent whole in them.
   *
   * @param sinceLook bytes sent since the look before this one
   * @return what was seen; null if it gains well, or too little is known yet
   */
  private @Nullable String gainsLittle(Seen now, double sinceLook) {
    double remaining = now.remaining().bytes();
    double twoBefore = leftBefore;
    double before = lastLeft;
    boolean gainsNothing = iteration == lastPass + 1 && !gains(remaining, lastBegan);
    leftBefore = before;
    lastLeft = remaining;
    lastBegan = remaining + sinceLook;
    lastPass = iteration;
    double rate = Math.max(1, now.bandwidth().bytesPerSecond());
    double beyond = remaining - rate * CopyModel.seconds(policy.downtime());
    boolean slowing = move.levers().throttle() > now.throttle();
    if (slowing || beyond <= 0) {
      return null;
    }
    if (Double.isNaN(twoBefore)) {
      return Double.isNaN(before) || move.levers().cache() != null || !gainsNothing
          ? null
          : "The copy gains next to nothing: %s were left by its last pass, and %s by the one before."
              .formatted(
                  MethodText.mib(now.remaining()), MethodText.mib(new Memory((long) before)));
    }
    double gains = 1 - Math.sqrt(remaining / twoBefore);
    return beyond <= gains * rate * CopyModel.seconds(patience)
        ? null
        : "The copy gains too little: %s were left by its last pass, and %s two before."
            .formatted(
                MethodText.mib(now.remaining()), MethodText.mib(new Memory((long) twoBefore)));
  }

  /**
   * What is left to send once more needs its time, whatever the guest does: a copy that would miss
   * its deadline is switched while the rest can still arrive, or given up once it is clear.
   */
  private @Nullable Step late(Seen now) {
    var left = now.left();
    boolean untouched = inUntouched(now);
    double rate = now.bandwidth().bytesPerSecond();
    boolean telling =
        now.iteration() >= 1 && now.elapsed().compareTo(TELLS_AFTER) >= 0 && !untouched;
    if (left == null || !telling || rate <= 0 || now.remaining().bytes() == 0) {
      missesSince = untouched ? null : missesSince;
      return null;
    }
    double remaining = now.remaining().bytes();
    if (now.iteration() < 2) {
      rate = rate(now);
      // what the guest never touched remains, too, and is sent as next to nothing
      remaining = Math.min(remaining, firstPass - now.sent().bytes());
      if (remaining <= 0) {
        // it uses more than was known, and how much more only the next pass tells
        missesSince = null;
        return null;
      }
    }
    var needed = seconds(remaining / rate);
    var why =
        "%s are left until its deadline, and what remains to be sent takes %s."
            .formatted(
                MethodText.time(left.isNegative() ? Duration.ZERO : left), MethodText.time(needed));
    if (mayPostCopy()) {
      var inTime = needed.plus(needed.dividedBy(4)).plus(SPARE);
      return inTime.compareTo(left) > 0 ? switchOver(why) : null;
    }
    if (needed.compareTo(left.plus(left.dividedBy(2))) <= 0) {
      missesSince = null;
      return null;
    }
    missesSince = missesSince == null ? now.elapsed() : missesSince;
    if (canAbort && now.elapsed().minus(missesSince).compareTo(CLEAR_AFTER) >= 0) {
      givenUp = true;
      return new Step.GiveUp(why, true);
    }
    return null;
  }

  /** Tell whether the first pass goes through memory that the guest never touched. */
  private boolean inUntouched(Seen now) {
    double over = remainedBefore - now.remaining().bytes();
    double sent = now.sent().bytes() - sentBefore;
    remainedBefore = now.remaining().bytes();
    sentBefore = now.sent().bytes();
    return now.iteration() < 2 && over > UNTOUCHED * Math.max(1, sent);
  }

  private boolean planned(Seen now) {
    // a whole pass is what the hypervisor calls one: what is in use is only an estimate of it
    return now.iteration() >= 2
        || (policy.postCopyAfter() < 1
            && now.iteration() == 1
            && now.elapsed().compareTo(TELLS_AFTER) >= 0
            && now.sent().bytes() >= beforeSwitch);
  }

  /**
   * Take back the last step, which the hypervisor did not do; it is decided anew in a while.
   *
   * @param elapsed what the copy had taken then
   */
  public void failed(Duration elapsed) {
    switchesRefused += switched ? 1 : 0;
    switched = false;
    allowed = allowedBefore;
    tryAgainAt = elapsed.plus(TRY_AGAIN);
  }

  private boolean stalled(Seen now) {
    // while the hypervisor slows the guest down further, the next pass may gain again
    boolean slowing = move.levers().throttle() > now.throttle();
    var wait = slowing ? patience.multipliedBy(2) : patience;
    if (iteration == smallestIteration && wait.compareTo(smallestTakes) < 0) {
      // it is still being sent, and only the pass after it tells whether the copy gains
      wait = smallestTakes;
    }
    return now.elapsed().minus(smallestAt).compareTo(wait) >= 0;
  }

  /**
   * Tell whether slowing the guest down, where nothing else ends its copy, may yet show what it
   * does. A pass that takes twice as long as it should is not waited for.
   */
  private boolean beingSlowed(Seen now) {
    if (move.levers().throttle() == 0 || mayPostCopy()) {
      return false;
    }
    var longest = passTakes.compareTo(patience) > 0 ? passTakes : patience;
    return iteration < (slowedIn == 0 ? SLOWED_FROM : slowedIn + SHOWS_AFTER)
        && now.elapsed().minus(passAt).compareTo(longest) < 0;
  }

  /** What the link carries, in bytes per second: a dip at this moment says little. */
  private static double rate(Seen now) {
    double mean = now.sent().bytes() / Math.max(1e-3, CopyModel.seconds(now.elapsed()));
    return Math.max(1, Math.max(mean, now.bandwidth().bytesPerSecond()));
  }

  /**
   * Allow more pause step by step, up to what is accepted; at once where that is known to do, and
   * not while each pass is much smaller than the one before.
   */
  private Step raise(Seen now, double needed) {
    if (!pauseCanBeSet
        || now.iteration() < RAISES_FROM
        || allowed.compareTo(policy.downtime()) >= 0) {
      return new Step.GoOn();
    }
    var apart = patience.dividedBy(4);
    boolean beingSent = iteration == smallestIteration;
    if (gainsFast && (beingSent || now.elapsed().minus(smallestAt).compareTo(apart) < 0)) {
      return new Step.GoOn();
    }
    if (raisedAt != null && now.elapsed().minus(raisedAt).compareTo(apart) < 0) {
      return new Step.GoOn();
    }
    var enough = Duration.ofNanos(Math.round(Math.min(needed * 1.2, 1e6) * 1e9));
    var more = allowed.multipliedBy(2);
    more = more.compareTo(enough) < 0 ? enough : more;
    return allow(
        now.elapsed(),
        more.compareTo(policy.downtime()) > 0 ? policy.downtime() : more,
        "The smallest pass so far would pause it for " + MethodText.time(seconds(needed)) + ".");
  }

  private Step lastResort(Seen now, double needed, String why) {
    if (mayPostCopy()) {
      return switchOver(why);
    }
    var most = Duration.ofNanos(Math.round(policy.downtime().toNanos() * LAST_RESORT));
    if (pauseCanBeSet && allowed.compareTo(most) < 0 && seconds(needed).compareTo(most) <= 0) {
      // and time to show what it does
      quietUntil = now.elapsed().plus(patience.dividedBy(2));
      return allow(now.elapsed(), most, why);
    }
    if (canAbort) {
      givenUp = true;
      return new Step.GiveUp(why, false);
    }
    return new Step.GoOn();
  }

  private Step allow(Duration at, Duration longest, String why) {
    raisedAt = at;
    allowedBefore = allowed;
    allowed = longest;
    return new Step.AllowPause(longest, why);
  }

  /** A copy that somebody else began may have begun without it: then its host keeps refusing. */
  private boolean mayPostCopy() {
    return move.levers().postCopy() && switchesRefused < MOST_SWITCHES;
  }

  private Step switchOver(String why) {
    switched = true;
    allowedBefore = allowed;
    return new Step.SwitchToPostCopy(why);
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos(Math.round(Math.min(seconds, 1e6) * 1e9));
  }
}
