package org.dcbalance.hypervisor.simulated;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Hold a guest's memory as blocks of 1 MiB. What a block holds is stood for by a number that
 * changes with every write, so that a copy can be compared with its original.
 */
final class GuestMemory {
  private final int[] content;
  private final int workingSet;
  private final BitSet changed = new BitSet();
  private final BitSet measured = new BitSet();
  private final SplittableRandom places;
  private double pending;

  GuestMemory(int usedBlocks, int workingSet, long seed) {
    this.content = new int[usedBlocks];
    this.workingSet = Math.min(workingSet, usedBlocks);
    this.places = new SplittableRandom(seed);
  }

  int blocks() {
    return content.length;
  }

  int read(int block) {
    return content[block];
  }

  /** Let the guest write this much (in blocks, parts of one add up) all over its working set. */
  void write(double amount) {
    if (workingSet == 0) {
      return;
    }
    pending += amount;
    for (; pending >= 1; pending--) {
      int block = places.nextInt(workingSet);
      content[block]++;
      changed.set(block);
      measured.set(block);
    }
  }

  /** Forget what was changed so far: from here on changes are logged for a migration. */
  void startLog() {
    changed.clear();
  }

  /** Add the blocks changed since the last call to the given ones; returns how many they were. */
  int drainLogInto(BitSet blocks) {
    int count = changed.cardinality();
    blocks.or(changed);
    changed.clear();
    return count;
  }

  void startMeasurement() {
    measured.clear();
  }

  /** Count the distinct blocks changed since the measurement started. */
  int measuredBlocks() {
    return measured.cardinality();
  }

  boolean sameAs(int[] copy) {
    return Arrays.equals(content, copy);
  }
}
