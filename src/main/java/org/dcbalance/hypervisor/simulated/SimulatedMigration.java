package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.util.BitSet;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Copy one running guest's memory to another host, block by block, by pre-copy: all used blocks
 * once, then again what was changed meanwhile, until the rest fits into the longest allowed pause.
 * How many passes that takes, and whether it ends at all, follows from the writes of the guest.
 */
final class SimulatedMigration {
  static final Duration DEFAULT_MAX_DOWNTIME = Duration.ofMillis(300);

  /** Time to connect and start the copy on the target. */
  private static final double SETUP = 0.1;

  /** Part of the pause that does not depend on memory: device state, resume, announcement. */
  private static final double DEVICE_STATE = 0.03;

  /** What the migration is doing. */
  enum Phase {
    SETUP,
    COPYING,
    SWITCHING,
    DONE,
    FAILED
  }

  private final SimulatedGuest guest;
  private final SimulatedHost source;
  private final SimulatedHost target;
  private final boolean live;
  private final Tuning.@Nullable Throttle slowing;
  private final int[] copy;
  private final BitSet toSend = new BitSet();

  private Phase phase = Phase.SETUP;
  private double maxDowntime;
  private double bandwidthLimit;
  private int throttle;
  private int passesBehind;
  private long sentBeforePass;
  private double setupLeft = SETUP;
  private double deviceLeft = DEVICE_STATE;
  private double elapsed;
  private double downtime;
  private double credit;
  private double bandwidth;
  private double dirtyRate;
  private double passStarted;
  private int cursor;
  private int iteration;
  private long sent;
  private @Nullable HypervisorException failure;

  SimulatedMigration(
      SimulatedGuest guest, SimulatedHost source, SimulatedHost target, Tuning tuning) {
    this.guest = guest;
    this.source = source;
    this.target = target;
    var longest = tuning.maxDowntime();
    this.live = tuning.live();
    this.slowing = tuning.throttle();
    this.maxDowntime = seconds(longest == null ? guest.maxDowntime() : longest);
    this.bandwidthLimit = mib(tuning.bandwidth());
    this.copy = new int[guest.memory().blocks()];
  }

  SimulatedGuest guest() {
    return guest;
  }

  SimulatedHost source() {
    return source;
  }

  SimulatedHost target() {
    return target;
  }

  Phase phase() {
    return phase;
  }

  boolean over() {
    return phase == Phase.DONE || phase == Phase.FAILED;
  }

  boolean switching() {
    return phase == Phase.SWITCHING;
  }

  /** Tell whether its guest stands still: for the last of its memory, or for all of it. */
  boolean pausesGuest() {
    return switching() || (!live && phase == Phase.COPYING);
  }

  int iteration() {
    return iteration;
  }

  /** By how much the guest is slowed down now, in percent. */
  int throttle() {
    return throttle;
  }

  @Nullable HypervisorException failure() {
    return failure;
  }

  void setMaxDowntime(Duration longest) {
    maxDowntime = seconds(longest);
  }

  void setBandwidth(ByteRate most) {
    bandwidthLimit = mib(most);
  }

  private static double mib(@Nullable ByteRate rate) {
    return rate == null ? Double.MAX_VALUE : rate.bytesPerSecond() / Memory.ofMiB(1).bytes();
  }

  void fail(HypervisorException why) {
    if (!over()) {
      phase = Phase.FAILED;
      failure = why;
    }
  }

  /** Let time pass, in seconds, with so many MiB/s of the links at its disposal. */
  void advance(double time, double linkShare) {
    bandwidth = Math.min(linkShare, bandwidthLimit);
    elapsed += time;
    switch (phase) {
      case SETUP -> setUp(time);
      case COPYING -> copy(time);
      case SWITCHING -> switchOver(time);
      case DONE, FAILED -> throw new IllegalStateException("The migration is over.");
    }
  }

  private void setUp(double time) {
    setupLeft -= time;
    if (setupLeft <= 0) {
      phase = Phase.COPYING;
      iteration = 1;
      passStarted = elapsed;
      guest.memory().startLog();
      toSend.set(0, copy.length);
    }
  }

  private void copy(double time) {
    downtime += live ? 0 : time;
    credit += bandwidth * time;
    send();
    while (toSend.isEmpty()) {
      startPass();
      if (toSend.cardinality() <= bandwidth * maxDowntime) {
        phase = Phase.SWITCHING;
        return;
      }
      send();
    }
  }

  private void startPass() {
    int changed = guest.memory().drainLogInto(toSend);
    double length = elapsed - passStarted;
    dirtyRate = length > 0 ? changed / length : dirtyRate;
    passStarted = elapsed;
    iteration++;
    slowDown(changed, sent - sentBeforePass);
    sentBeforePass = sent;
  }

  /** As QEMU does: once two passes have each left more than half of what they sent. */
  private void slowDown(int changed, long sentInPass) {
    if (slowing == null) {
      return;
    }
    passesBehind = changed > sentInPass / 2 ? passesBehind + 1 : passesBehind;
    if (passesBehind >= 2) {
      passesBehind = 0;
      throttle = throttle == 0 ? slowing.initial() : Math.min(99, throttle + slowing.increment());
    }
  }

  private void send() {
    while (credit >= 1 && !toSend.isEmpty()) {
      int block = toSend.nextSetBit(cursor);
      if (block < 0) {
        block = toSend.nextSetBit(0);
      }
      copy[block] = guest.memory().read(block);
      toSend.clear(block);
      cursor = block + 1;
      credit--;
      sent++;
    }
  }

  private void switchOver(double time) {
    double needed = Math.max(0, toSend.cardinality() - credit) / bandwidth;
    if (needed > time) {
      credit += bandwidth * time;
      send();
      downtime += time;
      return;
    }
    credit = toSend.cardinality();
    send();
    double device = Math.min(deviceLeft, time - needed);
    deviceLeft -= device;
    downtime += needed + device;
    if (deviceLeft <= 0) {
      elapsed -= time - needed - device;
      finish();
    }
  }

  private void finish() {
    if (guest.memory().sameAs(copy)) {
      phase = Phase.DONE;
    } else {
      fail(
          new HypervisorException(
              HypervisorException.Kind.FAILED,
              "The copy of " + guest.name() + " on " + target.name() + " is not like it.",
              null));
    }
  }

  Duration elapsed() {
    return duration(elapsed);
  }

  Memory processed() {
    return Memory.ofMiB(sent);
  }

  Memory remaining() {
    return Memory.ofMiB(toSend.cardinality());
  }

  ByteRate dirtyRate() {
    return ByteRate.ofMiB(dirtyRate);
  }

  ByteRate bandwidth() {
    return ByteRate.ofMiB(phase == Phase.SETUP ? 0 : bandwidth);
  }

  MigrationFigures figures() {
    boolean done = phase == Phase.DONE;
    return new MigrationFigures(
        done, elapsed(), done ? duration(downtime) : null, processed(), iteration);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}
