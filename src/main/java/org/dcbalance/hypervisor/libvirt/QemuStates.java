package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.ptr.NativeLongByReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/**
 * Capture QEMU guests by an external snapshot without metadata, which would block migrations: their
 * memory goes to a volume, their disks are frozen below overlays until copied.
 */
final class QemuStates extends VolumeStates {
  // virDomainSnapshotCreateFlags
  private static final int NO_METADATA = 4;
  private static final int ATOMIC = 128;
  private static final int LIVE = 256;

  // virDomainSaveRestoreFlags
  private static final int RUNNING = 2;
  private static final int PAUSED = 4;

  private final SavedGuests saved;
  private final GuestCopies copies;
  private final DiskJobs jobs;
  private final CapturePauses pauses;

  QemuStates(HostLink link, HostEvents events, Alone alone) {
    super(link, alone, SaveImage.MAGIC);
    this.saved = new SavedGuests(link, volumes);
    this.copies = new GuestCopies(link, volumes);
    this.jobs = new DiskJobs(link, this::disks);
    this.pauses = new CapturePauses(events);
  }

  @Override
  public List<FrozenDisk> plan(UUID guest, String suffix) {
    return link.call(
        "tell a guest's disks",
        connection -> {
          var xml = xml(connection, guest);
          var reasons = new ArrayList<String>();
          requireRunning(connection, guest, xml.name());
          xml.ties().stream()
              .filter(t -> t.kind() == Tie.Kind.PASSED_THROUGH_DEVICE || t.kind() == Tie.Kind.OTHER)
              .forEach(t -> reasons.add(t.detail()));
          var frozen = new ArrayList<FrozenDisk>();
          for (var disk : xml.disks()) {
            if (disk.readOnly() || disk.medium()) {
              continue;
            }
            if (disk.network() || !disk.source().startsWith("/") || onDevice(disk)) {
              reasons.add("its disk %s is not a file".formatted(disk.target()));
            } else {
              frozen.add(
                  new FrozenDisk(disk.target(), disk.source(), disk.source() + "." + suffix));
            }
          }
          if (!reasons.isEmpty()) {
            throw failed(
                "No checkpoint of %s can be taken on %s: %s.",
                xml.name(), link.label(), String.join("; ", reasons));
          }
          return List.copyOf(frozen);
        });
  }

  @Override
  public boolean ends() {
    return false;
  }

  @Override
  public Memory size(UUID guest, List<FrozenDisk> disks) {
    return link.call(
        "tell the size of a guest",
        connection -> {
          var domain = connection.domain(guest);
          try {
            long bytes = domain.getInfo().memory * 1024;
            for (var disk : disks) {
              bytes += domain.blockInfo(disk.target()).getPhysical();
            }
            return new Memory(bytes);
          } finally {
            domain.free();
          }
        });
  }

  private static boolean onDevice(Disk disk) {
    return disk.source().startsWith("/dev/");
  }

  /** A guest that is captured runs, or waits paused for others to be captured with it. */
  private void requireStill(OpenConnection connection, UUID guest, String name, boolean live)
      throws LibvirtException {
    var status = StatusReading.read(connection, guest).orElseThrow();
    if (live || status.state() != GuestState.PAUSED || status.job() != Job.NONE) {
      requireRunning(connection, guest, name);
    }
  }

  @Override
  public Captured capture(
      UUID guest, String pool, String volume, List<FrozenDisk> disks, boolean live) {
    var captured = new Captured[1];
    alone.run(
        guest,
        "a checkpoint",
        () -> {
          try (var watched = pauses.watch(guest)) {
            var took =
                link.longCall(
                    "take a checkpoint of a guest",
                    connection -> capture(connection, guest, pool, volume, disks, live));
            if (runs(guest)) {
              watched.awaitResumed();
            }
            captured[0] = new Captured(watched.length(), took);
          }
        });
    return captured[0];
  }

  private boolean runs(UUID guest) {
    return link.call(
        "tell a guest's state",
        connection ->
            StatusReading.read(connection, guest)
                .filter(s -> s.state() == GuestState.RUNNING)
                .isPresent());
  }

  private Duration capture(
      OpenConnection connection,
      UUID guest,
      String pool,
      String volume,
      List<FrozenDisk> disks,
      boolean live)
      throws LibvirtException {
    var domain = connection.domain(guest);
    try {
      requireStill(connection, guest, domain.getName(), live);
      var path = volumes.path(connection, pool, volume);
      var order = SnapshotXml.of(path, new DomainXml(domain.getXMLDesc(0)).disks(), disks);
      long begun = System.nanoTime();
      domain.snapshotCreateXML(order, NO_METADATA | ATOMIC | (live ? LIVE : 0)).free();
      return Duration.ofNanos(System.nanoTime() - begun);
    } finally {
      domain.free();
    }
  }

  @Override
  public Optional<Writing> writing(UUID guest) {
    if (!pauses.mayBeAsked(guest)) {
      return Optional.of(new Writing(Memory.ZERO, Memory.ZERO));
    }
    return link.call(
        "tell how far a checkpoint is",
        connection -> {
          try (var ref = connection.ref(guest)) {
            return JobStats.read(connection, ref, JobStats.FLAGS_RUNNING).writing();
          } catch (LibvirtFailure e) {
            if (e.code() == LibvirtFailure.OPERATION_INVALID) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  @Override
  public ByteRate bandwidth(UUID guest) {
    return link.call(
        "tell the limit of a guest's bandwidth",
        connection -> {
          var mib = new NativeLongByReference();
          try (var ref = connection.ref(guest)) {
            connection.checked(
                connection.library().virDomainMigrateGetMaxSpeed(ref.pointer(), mib, 0));
          }
          return ByteRate.ofMiB(mib.getValue().longValue());
        });
  }

  @Override
  public void mergeBack(UUID guest, FrozenDisk disk) {
    if (!disk.source().equals(disks(guest).get(disk.target()))) {
      alone.run(guest, "the merge of its disk " + disk.target(), () -> jobs.merge(guest, disk));
    }
    removeOverlay(disk);
  }

  @Override
  public Fit fit(String pool, String memory) {
    return saved.fit(pool, memory);
  }

  @Override
  public List<String> whyNoCopy(String pool, String memory, Copy copy) {
    return copies.whyNot(pool, memory, copy);
  }

  @Override
  public void copyMemory(
      String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    copies.make(pool, memory, copy, volume, disks);
  }

  @Override
  public void restoreCopy(
      String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    alone.run(copy.uuid(), "a restore", () -> copies.restore(pool, memory, copy, volume, disks));
  }

  @Override
  public void restore(
      UUID guest, String pool, String memory, Map<String, String> disks, boolean paused) {
    requireMemory(pool, memory);
    restore(
        guest,
        connection -> {
          var path = volumes.path(connection, pool, memory);
          var xml =
              SnapshotXml.unmapped(
                  SnapshotXml.onDisks(
                      SavedGuests.xml(connection, path), volumes.paths(connection, pool, disks)));
          restore(connection, path, xml, paused ? PAUSED : RUNNING);
          define(connection, pool, memory, disks);
          return null;
        });
  }

  @Override
  public void restoreMapped(
      UUID guest, String pool, String image, String memory, Map<String, String> disks) {
    restore(
        guest,
        connection -> {
          var path = volumes.path(connection, pool, image);
          restore(
              connection,
              path,
              SnapshotXml.onDisks(
                  SavedGuests.xml(connection, path), volumes.paths(connection, pool, disks)),
              RUNNING);
          // it runs: what follows takes none of its time
          define(connection, pool, memory, disks);
          return null;
        });
  }

  @Override
  public void define(UUID guest, String pool, String memory, Map<String, String> disks) {
    alone.run(
        guest,
        "a definition",
        () ->
            link.call(
                "define a guest",
                connection -> {
                  define(connection, pool, memory, disks);
                  return null;
                }));
  }

  private void define(
      OpenConnection connection, String pool, String memory, Map<String, String> disks)
      throws LibvirtException {
    var captured = SavedGuests.xml(connection, volumes.path(connection, pool, memory));
    var xml = SnapshotXml.onDisks(captured, volumes.paths(connection, pool, disks));
    connection.domainDefineXML(SnapshotXml.definition(xml)).free();
  }

  private void restore(UUID guest, Session.Call<@Nullable Void> call) {
    alone.run(guest, "a restore", () -> link.longCall("restore a guest", call));
  }

  private static void restore(OpenConnection connection, String path, String xml, int flags) {
    connection.checked(
        connection.library().virDomainRestoreFlags(connection.pointer(), path, xml, flags));
  }

  @Override
  public Optional<String> mapped(UUID guest) {
    return link.call(
        "tell what memory a guest maps",
        connection -> {
          var status = StatusReading.read(connection, guest);
          if (status.isEmpty() || status.get().state() == GuestState.SHUT_OFF) {
            return Optional.empty();
          }
          var domain = connection.domain(guest);
          try {
            return Optional.of(SnapshotXml.mapped(domain.getXMLDesc(0)))
                .filter(name -> !name.isEmpty());
          } finally {
            domain.free();
          }
        });
  }

  @Override
  public void detach(UUID guest, String target, Consumer<Double> progress) {
    alone.run(guest, "the copy of its disk " + target, () -> jobs.pull(guest, target, progress));
  }
}
