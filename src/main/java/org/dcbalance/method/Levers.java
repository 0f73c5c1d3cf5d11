package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Say what is set for a move, before it and while it runs.
 *
 * @param live whether the guest runs while its memory is copied
 * @param pause longest pause that is allowed at first; null for the hypervisor's own
 * @param balloonTo memory that the guest is left with before the copy; null to leave it alone
 * @param cap most CPU that it gets until it has moved, in percent of one CPU; 0 for no cap
 * @param throttle most that the hypervisor may slow it down, in percent; 0 for not at all
 * @param firstThrottle by how much it is slowed down at first, once it is, in percent; more is
 *     added step by step
 * @param cache memory for compressing changed pages against; null for no compression
 * @param connections how many connections carry the memory
 * @param postCopy whether the copy may be switched to post-copy
 * @param bandwidth most that the copy may use; null for no limit
 */
public record Levers(
    boolean live,
    @Nullable Duration pause,
    @Nullable Memory balloonTo,
    int cap,
    int throttle,
    int firstThrottle,
    @Nullable Memory cache,
    int connections,
    boolean postCopy,
    @Nullable ByteRate bandwidth) {

  /** QEMU's own first throttle, in percent. */
  static final int FIRST_THROTTLE = 20;

  /** How many steps there are to the bound at least. */
  static final int STEPS = 4;

  /** What it adds at a time. */
  static final int MORE_THROTTLE = 10;

  /** A live migration as the hypervisor does it by itself. */
  public static final Levers NONE = new Levers(true, null, null, 0, 0, 0, null, 1, false, null);

  Levers withPause(@Nullable Duration longest) {
    return new Levers(
        live,
        longest,
        balloonTo,
        cap,
        throttle,
        firstThrottle,
        cache,
        connections,
        postCopy,
        bandwidth);
  }

  public Levers withBalloon(@Nullable Memory target) {
    return new Levers(
        live, pause, target, cap, throttle, firstThrottle, cache, connections, postCopy, bandwidth);
  }

  public Levers withCap(int percent) {
    return new Levers(
        live,
        pause,
        balloonTo,
        percent,
        throttle,
        firstThrottle,
        cache,
        connections,
        postCopy,
        bandwidth);
  }

  Levers withThrottle(int most) {
    return withThrottle(Math.min(FIRST_THROTTLE, most), most);
  }

  Levers withThrottle(int first, int most) {
    return new Levers(
        live, pause, balloonTo, cap, most, first, cache, connections, postCopy, bandwidth);
  }

  public Levers withCache(@Nullable Memory size) {
    return new Levers(
        live,
        pause,
        balloonTo,
        cap,
        throttle,
        firstThrottle,
        size,
        connections,
        postCopy,
        bandwidth);
  }

  Levers withConnections(int number) {
    return new Levers(
        live, pause, balloonTo, cap, throttle, firstThrottle, cache, number, postCopy, bandwidth);
  }

  Levers withPostCopy(boolean allowed) {
    return new Levers(
        live,
        pause,
        balloonTo,
        cap,
        throttle,
        firstThrottle,
        cache,
        connections,
        allowed,
        bandwidth);
  }

  Levers withBandwidth(@Nullable ByteRate most) {
    return new Levers(
        live, pause, balloonTo, cap, throttle, firstThrottle, cache, connections, postCopy, most);
  }

  /**
   * Give what is added to the throttle at a time, in percent; 0 without one. Nothing keeps QEMU
   * from adding it pass by pass, so there are a few steps to the bound.
   */
  public int throttleStep() {
    return throttle == 0 ? 0 : Math.clamp((throttle - firstThrottle) / STEPS, 1, MORE_THROTTLE);
  }

  /** Give up everything that only a running guest needs. */
  Levers stopped() {
    return new Levers(false, null, balloonTo, 0, 0, 0, null, 1, false, bandwidth);
  }
}
