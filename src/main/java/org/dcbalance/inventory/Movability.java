package org.dcbalance.inventory;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.Guest;

/** Say what keeps a VM on its host, whatever the target. */
public final class Movability {
  private Movability() {}

  /**
   * List why the VM cannot move within its pool, as sentences.
   *
   * @return empty if nothing ties it
   */
  public static List<String> ties(Vm vm, HostPool pool) {
    return ties(vm, pool, false);
  }

  /** Tell whether nothing keeps it but disks, which can be copied with it. */
  public static boolean onlyByDisks(Vm vm, HostPool pool) {
    return !ties(vm, pool).isEmpty() && ties(vm, pool, true).isEmpty();
  }

  private static List<String> ties(Vm vm, HostPool pool, boolean besideDisks) {
    var ties = new ArrayList<String>();
    if (vm.goneSince() != null) {
      ties.add("No host shows it any more.");
    }
    if (vm.neverMove()) {
      ties.add(
          vm.neverMoveNote().isEmpty()
              ? "It is marked as never to be moved."
              : "It is marked as never to be moved: " + vm.neverMoveNote());
    }
    for (var tie : vm.ties()) {
      ties.add(
          switch (tie.kind()) {
            case PASSED_THROUGH_DEVICE -> "It has a passed-through device: " + tie.detail() + ".";
            case LOCAL_MEDIUM -> "It has a medium of its host inserted: " + tie.detail() + ".";
            case SNAPSHOT_METADATA -> "It has snapshots: " + tie.detail() + ".";
            case OTHER_MANAGER -> "It belongs to another manager: " + tie.detail() + ".";
            case OTHER -> "It is tied to its host: " + tie.detail() + ".";
          });
    }
    for (var disk : vm.disks()) {
      if (!besideDisks || disk.medium()) {
        unshared(disk, pool, ties);
      }
    }
    if (!pool.networks().isEmpty()) {
      for (var network : vm.networks()) {
        if (!pool.networks().contains(network)) {
          ties.add(
              "Its network " + network + " is not one that all hosts of " + pool.name() + " have.");
        }
      }
    }
    return ties;
  }

  private static void unshared(Guest.Disk disk, HostPool pool, List<String> ties) {
    if (!disk.images().stream().allMatch(pool::shares)) {
      ties.add(
          "Its %s is not on storage marked as shared in %s."
              .formatted(disk.words(pool::shares), pool.name()));
    }
  }
}
