package org.dcbalance.strategy;

import java.time.Duration;
import java.util.function.IntToDoubleFunction;
import org.dcbalance.units.Memory;

/**
 * Model how a copy of a running VM's memory goes: each pass sends what was changed during the one
 * before it. Planner, replay and runner share it.
 *
 * <p>With B bytes per second of bandwidth, D of changes and a working set of W, a pass of t seconds
 * leaves W(1 − e^(−Dt/W)) to be sent again. The form is that of Akoush et al., "Predicting the
 * Performance of Virtual Machine Migration" (MASCOTS 2010), with the working set as its bound. All
 * amounts are bytes, all times seconds, all rates bytes per second.
 */
public final class MemoryCopy {
  /** Bandwidth taken for granted while no move has shown another: 100 MiB/s. */
  public static final double ASSUMED_BANDWIDTH = 100 * Memory.ofMiB(1).bytes();

  /** Pause besides memory, taken for granted while no move has shown another. */
  public static final Duration ASSUMED_CONSTANT = Duration.ofMillis(50);

  /** Memory that one busy core is taken to change per second where nothing was measured: 16 MiB. */
  public static final double ASSUMED_DIRTY_PER_CORE = 16 * Memory.ofMiB(1).bytes();

  /** Share of its memory that a VM is taken to keep changing where nothing was measured. */
  public static final double ASSUMED_WORKING_SET = 0.25;

  private static final int MOST_PASSES = 60;

  /** Xen's tool stack sends dirty memory this often after the full send, then stops the guest. */
  private static final int XEN_ROUNDS = 4;

  /** Below 50 pages Xen stops sooner. */
  private static final double XEN_ENOUGH = 50 * 4096;

  private final double memory;
  private final double bandwidth;
  private final double dirtyRate;
  private final double workingSet;

  /**
   * Describe a copy.
   *
   * @param memory what the first pass sends
   * @param workingSet distinct memory that the VM keeps changing
   */
  public MemoryCopy(double memory, double bandwidth, double dirtyRate, double workingSet) {
    this.memory = memory;
    this.bandwidth = bandwidth;
    this.dirtyRate = dirtyRate;
    this.workingSet = workingSet;
  }

  /**
   * How a copy goes.
   *
   * @param sent bytes sent over all passes, the last one included
   * @param rest bytes sent while the VM pauses
   * @param passes before the pause
   * @param ends whether the rest came to fit the allowed pause
   */
  public record Course(double sent, double rest, int passes, boolean ends) {}

  /** Go through passes until what remains fits a pause, as QEMU does. */
  public Course untilItFits(double pause) {
    return untilItFits(pause, _ -> 1);
  }

  /**
   * Go through passes until what remains fits a pause, with the VM slowed down.
   *
   * @param speed at which it goes on changing memory during a pass, from 0 to 1; the first is 1
   */
  public Course untilItFits(double pause, IntToDoubleFunction speed) {
    double sent = memory;
    double rest = changed(memory / bandwidth);
    int pass = 1;
    for (; rest > bandwidth * pause; pass++) {
      if (pass == MOST_PASSES) {
        return new Course(sent + rest, rest, pass, false);
      }
      sent += rest;
      rest = changed(rest / bandwidth, speed.applyAsDouble(pass));
    }
    return new Course(sent + rest, rest, pass, true);
  }

  /** Go through the few passes that Xen makes whatever remains. */
  public Course fixedRounds() {
    double sent = memory;
    double rest = changed(memory / bandwidth);
    int round = 0;
    for (; round < XEN_ROUNDS && rest > XEN_ENOUGH; round++) {
      sent += rest;
      rest = changed(rest / bandwidth);
    }
    return new Course(sent + rest, rest, 1 + round, true);
  }

  /** Give the distinct bytes changed in a time: it comes to no more than the working set. */
  public double changed(double time) {
    return changed(time, 1);
  }

  private double changed(double time, double speed) {
    return workingSet <= 0
        ? 0
        : workingSet * (1 - Math.exp(-dirtyRate * speed * time / workingSet));
  }
}
