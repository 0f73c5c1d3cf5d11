package org.dcbalance.hypervisor.simulated;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.units.Memory;

/**
 * Lay out one guest of the simulated pool.
 *
 * @param host where it runs at first
 * @param usedShare share of its memory that holds anything
 * @param dirtyMiBPerSecond how fast it writes memory at its base load
 * @param workingSetMiB how much memory these writes go round in
 * @param network MiB/s that it receives at its base load; it sends half as much again
 * @param disk MiB/s that it writes at its base load; it reads twice as much
 */
record GuestPlan(
    String name,
    String host,
    String osType,
    int vcpus,
    int memoryMiB,
    LoadPattern pattern,
    double usedShare,
    double dirtyMiBPerSecond,
    int workingSetMiB,
    double network,
    double disk,
    String storage,
    List<Guest.Tie> ties) {

  UUID uuid() {
    return UUID.nameUUIDFromBytes(("simulated guest " + name).getBytes(StandardCharsets.UTF_8));
  }

  Memory memory() {
    return Memory.ofMiB(memoryMiB);
  }

  int usedBlocks() {
    return (int) (memoryMiB * usedShare);
  }

  GuestPlan at(String otherHost) {
    return like(name, otherHost, pattern);
  }

  /** Lay out another guest of this kind. */
  GuestPlan like(String otherName, String otherHost, LoadPattern otherPattern) {
    return new GuestPlan(
        otherName,
        otherHost,
        osType,
        vcpus,
        memoryMiB,
        otherPattern,
        usedShare,
        dirtyMiBPerSecond,
        workingSetMiB,
        network,
        disk,
        storage,
        ties);
  }
}
