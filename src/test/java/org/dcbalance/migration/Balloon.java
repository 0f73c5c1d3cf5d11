package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** The balloon of a guest on a {@link FaultyHost}: 512 MiB at first, of which it uses 200. */
final class Balloon {
  static final Memory FULL = Memory.ofMiB(512);

  private double mibPerSecond = 1000;
  private double mib = FULL.mib();
  private double target = mib;
  private double lowest = 200;
  private @Nullable Memory used = Memory.ofMiB(200);
  private @Nullable Double swapsBelow;
  private double swapped;
  private double told;
  private Duration tellsEvery = Duration.ZERO;
  private @Nullable Instant toldAt;
  private double pausesAbove = Double.POSITIVE_INFINITY;
  private double pauseSeconds;
  private long lived = System.nanoTime();
  private int looks;
  private boolean ofFile;

  /** Let it never shrink below this. */
  synchronized void sticksAt(long most) {
    lowest = most;
  }

  /** Let it move no faster than this. */
  synchronized void crawls(double mostPerSecond) {
    mibPerSecond = mostPerSecond;
  }

  /** Let it stand still for a while on its way up, as guests do that find no memory. */
  synchronized void pausesAbove(long pauses, Duration length) {
    pausesAbove = pauses;
    pauseSeconds = length.toNanos() / 1e9;
  }

  /** Have the guest swap while it has less than this. */
  synchronized void swapsBelow(long least) {
    swapsBelow = (double) least;
  }

  /** Have the guest swap out so much now. */
  synchronized void swaps(long amount) {
    swapped += amount;
  }

  /** Have the guest tell what it has swapped out this often only, as balloon drivers do. */
  synchronized void tellsEvery(Duration period) {
    tellsEvery = period;
  }

  /** Have the guest not tell what it uses, as Xen's do not. */
  synchronized void tellsNothing() {
    used = null;
  }

  /** Let the guest's memory be a file of its host. */
  synchronized void isOfFile() {
    ofFile = true;
  }

  synchronized void aim(Memory aim) {
    live();
    target = aim.mib();
  }

  /** Tell how often it was read. */
  synchronized int looks() {
    return looks;
  }

  synchronized MemoryReading read() {
    live();
    looks++;
    var now = Instant.now();
    if (toldAt == null || !now.isBefore(toldAt.plus(tellsEvery))) {
      toldAt = now;
      told = swapped;
    }
    return new MemoryReading(
        Memory.ofMiB(Math.round(mib)), used, Memory.ofMiB(Math.round(told)), toldAt, ofFile);
  }

  synchronized boolean moves() {
    live();
    return mib != Math.max(target, lowest);
  }

  private void live() {
    long now = System.nanoTime();
    double seconds = (now - lived) / 1e9;
    lived = now;
    boolean rises = target > mib;
    if (rises && mib >= pausesAbove && pauseSeconds > 0) {
      pauseSeconds -= seconds;
      return;
    }
    double step = mibPerSecond * seconds;
    mib += Math.clamp(Math.max(target, lowest) - mib, -step, step);
    if (rises && pauseSeconds > 0) {
      // not past the pause, however seldom anybody looks
      mib = Math.min(mib, pausesAbove);
    }
    if (swapsBelow != null && mib < swapsBelow) {
      swapped += swapsBelow - mib;
    }
  }
}
