package org.dcbalance.migration;

import java.time.Duration;
import java.util.List;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Facts;
import org.jspecify.annotations.Nullable;

/** See to the disks that go along with a guest: which they are, and what of them must not stay. */
final class DiskCopying {
  private final MigrationDesk desk;
  private final Claim claim;
  private final HalfCopies halfCopies;
  private final double patience;

  DiskCopying(MigrationDesk desk, Claim claim, HalfCopies halfCopies, double patience) {
    this.desk = desk;
    this.claim = claim;
    this.halfCopies = halfCopies;
    this.patience = patience;
  }

  /** Remove what earlier moves of a VM left, which would stand in this one's way. */
  void clear(Vm vm) {
    if (!halfCopies.clear(vm.id())) {
      desk.note(claim, "What an earlier move copied of its disks could not be removed yet.");
    }
  }

  /** Read from the source which disks it alone has. */
  static List<CopiedDisk> of(Vm vm, HostPool pool, HostPair pair) {
    var targets = MoveOrders.local(vm, pool);
    return targets.isEmpty()
        ? List.of()
        : pair.onSource().disks().read(vm.uuid(), targets).stream().map(CopiedDisk::of).toList();
  }

  /** Write down which go along, and give the move time for them. */
  void record(List<CopiedDisk> disks, Facts facts) {
    long times = Math.round(Math.ceil(patience));
    desk.copyDisks(claim, disks, time(disks, facts).multipliedBy(times));
  }

  static Duration time(List<CopiedDisk> disks, Facts facts) {
    return MoveFacts.time(CopiedDisk.allocated(disks), facts.route());
  }

  /**
   * Look once more whether anything is where copies would lie: libvirt would write over it, and it
   * would be removed if the move failed.
   *
   * @return a clause that says what; null if nothing is
   */
  static @Nullable String inTheWay(List<CopiedDisk> disks, HostPair pair) {
    try {
      for (var disk : disks) {
        if (pair.onTarget().disks().place(disk.path()).taken()) {
          return "a file %s came to be on %s meanwhile, and a copy would write over it"
              .formatted(disk.path(), pair.target().name());
        }
      }
      return null;
    } catch (HypervisorException e) {
      return "whether its copies would write over files was not told (%s)".formatted(e.sentence());
    }
  }

  /** The guest stayed, so what there is of its disks on the target is of no use to anybody. */
  void removeHalfCopies(Migration recorded, HostPair pair) {
    if (!recorded.storage().begun()) {
      return;
    }
    desk.confirm(claim);
    var failed = halfCopies.remove(pair.target(), recorded.storage().disks());
    if (failed.isEmpty()) {
      desk.copiesRemoved(claim, "No copy of its disks is left on " + pair.target().name() + ".");
    } else {
      desk.note(
          claim,
          "Half-copied disks may be left on %s, and removing them is tried again: %s"
              .formatted(pair.target().name(), String.join(" ", failed)));
    }
  }

  /** Say what stays on the source of a guest that has gone; empty if nothing was copied. */
  static String leftBehind(Migration m, HostPair pair) {
    if (!m.storage().begun()) {
      return "";
    }
    var disks = m.storage().disks().stream().map(CopiedDisk::words).toList();
    return " What was copied of it stays on %s, where nothing uses it any more: %s. Maybe delete it there once you do not need it."
        .formatted(pair.source().name(), String.join("; ", disks));
  }
}
