package org.dcbalance.migration;

import static org.dcbalance.migration.PreFlight.gib;
import static org.dcbalance.migration.PreFlight.no;
import static org.dcbalance.migration.PreFlight.notNow;
import static org.dcbalance.migration.PreFlight.yes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.migration.PreFlight.Known;
import org.dcbalance.migration.PreFlight.Policy;
import org.dcbalance.migration.PreFlight.Subject;
import org.dcbalance.units.Memory;

/** Judge whether a guest's disks keep it from moving, or can be copied with it; pure. */
final class DiskChecks {
  private static final String COPIES = "Disks can be copied";

  private DiskChecks() {}

  /** Whether the disks that lie on the source alone can be copied with the guest. */
  sealed interface Disks {
    /** Nobody asks for that. */
    record NotAsked() implements Disks {}

    record Impossible(String reason) implements Disks {}

    record Untold(String reason) implements Disks {}

    record Told(List<Found> found) implements Disks {}
  }

  /**
   * A disk, and where its copy would lie on the target.
   *
   * @param promised room there that the copies of other moves may come to need
   */
  record Found(DiskStorage.LocalDisk disk, DiskStorage.Place place, Memory promised) {}

  /** List the disks and media that other hosts do not reach, or not with all that they lie over. */
  static List<Guest.Disk> local(List<Guest.Disk> disks, Predicate<String> shares) {
    return disks.stream().filter(d -> !d.images().stream().allMatch(shares)).toList();
  }

  static Check of(Known known, Disks copies) {
    var policy = known.policy();
    var vm = known.vm();
    var local = local(vm.disks(), policy.shares());
    if (local.isEmpty()) {
      return yes("Disks are shared", "All disks of " + vm.name() + " are reached from both hosts.");
    }
    return switch (copies) {
      case Disks.NotAsked() -> notShared(policy, vm, local);
      case Disks.Impossible(var reason) -> no(COPIES, reason);
      case Disks.Untold(var reason) ->
          notNow(COPIES, "The disks of " + vm.name() + " were not told: " + reason);
      case Disks.Told(var found) -> copies(known, local, found);
    };
  }

  private static Check copies(Known known, List<Guest.Disk> local, List<Found> found) {
    var target = known.target().name();
    var medium = local.stream().filter(Guest.Disk::medium).findFirst();
    if (medium.isPresent()) {
      return no(
          COPIES,
          "The medium %s (%s) lies on %s alone, and media are not copied. Maybe eject it."
              .formatted(medium.get().target(), medium.get().source(), known.source().name()));
    }
    var needed = new LinkedHashMap<String, Memory>();
    var words = new ArrayList<String>();
    for (var each : found) {
      var disk = each.disk();
      var pool = each.place().pool();
      if (pool == null) {
        return no(
            COPIES,
            "%s has no active storage pool that is the folder of %s. Maybe make one there, with the same path."
                .formatted(target, disk.path()));
      }
      if (each.place().taken()) {
        return no(
            COPIES,
            "%s has a file %s already, which a copy would write over. Maybe delete it if an earlier move left it; if the folder is one that both hosts share, mark it as shared."
                .formatted(target, disk.path()));
      }
      var all = needed.merge(pool, disk.capacity(), Memory::plus);
      var free = free(each);
      if (all.compareTo(each.place().available().minus(each.promised())) > 0) {
        return no(
            COPIES,
            "The storage pool %s of %s has %s, and copies need up to %s."
                .formatted(pool, target, free, gib(all)));
      }
      words.add(
          "%s (%s) of %s, %s of it written, to pool %s with %s"
              .formatted(
                  disk.target(),
                  disk.path(),
                  gib(disk.capacity()),
                  gib(disk.allocation()),
                  pool,
                  free));
    }
    return yes(
        COPIES,
        "Copied with it, and left on %s as well: disk %s."
            .formatted(known.source().name(), String.join("; disk ", words)));
  }

  private static String free(Found found) {
    var promised = found.promised();
    return gib(found.place().available())
        + " free"
        + (promised.equals(Memory.ZERO)
            ? ""
            : ", " + gib(promised) + " of it promised to other moves");
  }

  private static Check notShared(Policy policy, Subject vm, List<Guest.Disk> local) {
    var words = local.stream().map(d -> "its " + d.words(policy.shares())).toList();
    return no(
        "Disks are shared",
        vm.name()
            + " cannot move: "
            + String.join(" and ", words)
            + (words.size() == 1 ? " is" : " are")
            + " not on storage marked as shared in pool "
            + policy.pool()
            + ".");
  }
}
