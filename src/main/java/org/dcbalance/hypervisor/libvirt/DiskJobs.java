package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.NativeLong;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Merge and fill disks of QEMU guests while they run. */
final class DiskJobs {
  // virDomainBlockJobAbortFlags
  private static final int PIVOT = 2;

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration MERGED_WITHIN = Duration.ofMinutes(30);

  private final HostLink link;
  private final Function<UUID, Map<String, String>> disks;

  /**
   * Work on the disks of a host's guests.
   *
   * @param disks gives the image that each of a guest's disks is on, by target
   */
  DiskJobs(HostLink link, Function<UUID, Map<String, String>> disks) {
    this.link = link;
    this.disks = disks;
  }

  /**
   * Bring what was written to an overlay into the disk below it, and have the guest go on there.
   */
  void merge(UUID guest, FrozenDisk disk) {
    var target = disk.target();
    if (blockJob(guest, target) == null) {
      int flags = Domain.BlockCommitFlags.SHALLOW | Domain.BlockCommitFlags.ACTIVE;
      on(guest, "merge the disk of a guest", d -> d.blockCommit(target, null, null, 0, flags));
    }
    long until = System.nanoTime() + MERGED_WITHIN.toNanos();
    while (!disk.source().equals(disks.apply(guest).get(target))) {
      var job = blockJob(guest, target);
      if (job == null) {
        // it is over by itself, or was given up
        if (!disk.source().equals(disks.apply(guest).get(target))) {
          throw failed("The disk %s was not merged on %s.", target, link.label());
        }
        return;
      }
      if (job.ready()) {
        pivot(guest, target);
      }
      if (System.nanoTime() > until) {
        throw failed("The disk %s is still being merged on %s.", target, link.label());
      }
      Session.pause(LOOK_EVERY);
    }
  }

  /** The last blocks may still be on their way although all are counted; it is asked again then. */
  private void pivot(UUID guest, String target) {
    try {
      on(guest, "merge the disk of a guest", d -> d.blockJobAbort(target, PIVOT));
    } catch (HypervisorException e) {
      if (!e.sentence().contains("not ready")) {
        throw e;
      }
    }
  }

  /** How far a job on a disk is. */
  private record BlockJob(long done, long all) {
    boolean ready() {
      return all > 0 && done == all;
    }
  }

  private @Nullable BlockJob blockJob(UUID guest, String target) {
    return link.call(
        "tell a guest's job on a disk",
        connection -> {
          // struct virDomainBlockJobInfo: int type; unsigned long bandwidth; long long cur, end
          try (var ref = connection.ref(guest);
              var info = new com.sun.jna.Memory(32)) {
            info.clear();
            int known =
                connection.checked(
                    connection.library().virDomainGetBlockJobInfo(ref.pointer(), target, info, 0));
            return known == 0 ? null : new BlockJob(info.getLong(16), info.getLong(24));
          }
        });
  }

  /**
   * Fill a disk with what is in the volume below it, until it needs that no more.
   *
   * @param progress told the share that is done, 0 to 1
   */
  void pull(UUID guest, String target, Consumer<Double> progress) {
    if (blockJob(guest, target) == null) {
      link.call(
          "make a guest's disk independent",
          connection -> {
            try (var ref = connection.ref(guest)) {
              return connection.checked(
                  connection
                      .library()
                      .virDomainBlockPull(ref.pointer(), target, new NativeLong(0), 0));
            }
          });
    }
    for (var job = blockJob(guest, target); job != null; job = blockJob(guest, target)) {
      progress.accept(job.all == 0 ? 0 : (double) job.done / job.all);
      Session.pause(LOOK_EVERY);
    }
    requireAlone(guest, target);
  }

  private void requireAlone(UUID guest, String target) {
    link.call(
        "tell a guest's disks",
        connection -> {
          var domain = connection.domain(guest);
          try {
            if (SnapshotXml.hasBacking(domain.getXMLDesc(0), target)) {
              throw failed("The disk %s is still on its checkpoint on %s.", target, link.label());
            }
            return null;
          } finally {
            domain.free();
          }
        });
  }

  /** A change of a guest by libvirt-java. */
  private interface Change {
    void on(Domain domain) throws LibvirtException;
  }

  private void on(UUID guest, String doing, Change change) {
    link.call(
        doing,
        connection -> {
          var domain = connection.domain(guest);
          try {
            change.on(domain);
            return null;
          } finally {
            domain.free();
          }
        });
  }

  private static HypervisorException failed(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
