package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.NativeLong;
import com.sun.jna.ptr.NativeLongByReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorEvent.GuestChanged;
import org.dcbalance.hypervisor.HypervisorEvent.MigrationIteration;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Capture QEMU guests by an external snapshot without metadata, which would block migrations: their
 * memory goes to a volume, their disks are frozen below overlays until copied.
 */
final class LibvirtStates implements StateStorage {
  // virDomainSnapshotCreateFlags
  private static final int NO_METADATA = 4;
  private static final int ATOMIC = 128;
  private static final int LIVE = 256;

  // virDomainSaveRestoreFlags
  private static final int RUNNING = 2;
  private static final int PAUSED = 4;

  // virDomainBlockJobAbortFlags
  private static final int PIVOT = 2;

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration EVENT_WITHIN = Duration.ofSeconds(1);
  private static final Duration PASS_WITHIN = Duration.ofSeconds(5);
  private static final Duration MERGED_WITHIN = Duration.ofMinutes(30);

  private final HostLink link;
  private final Alone alone;
  private final StorageVolumes volumes;
  private final SavedGuests saved;
  private final GuestCopies copies;
  private final Map<UUID, Pause> pauses = new ConcurrentHashMap<>();

  LibvirtStates(HostLink link, HostEvents events, Alone alone) {
    this.link = link;
    this.alone = alone;
    this.volumes = new StorageVolumes(link);
    this.saved = new SavedGuests(link, volumes);
    this.copies = new GuestCopies(link, volumes);
    events.listen(this::note);
  }

  /** Lets only one job at a time touch a guest. */
  interface Alone {
    void run(UUID guest, String what, Runnable job);
  }

  /** When a guest that is captured stood still. */
  private static final class Pause {
    private final long since = System.nanoTime();
    private volatile boolean writing;
    private volatile @Nullable Instant from;
    private volatile @Nullable Instant to;

    /**
     * Tell whether libvirt may be asked how far it is. Before it writes memory it lets nobody ask,
     * and who asks then waits for its end; so the event of the first pass is waited for.
     */
    boolean mayBeAsked() {
      return writing || System.nanoTime() - since > PASS_WITHIN.toNanos();
    }

    @Nullable Duration length() {
      var began = from;
      var ended = to;
      return began == null || ended == null ? null : Duration.between(began, ended);
    }
  }

  private void note(HypervisorEvent event) {
    if (event instanceof MigrationIteration pass) {
      var capture = pauses.get(pass.guest());
      if (capture != null) {
        capture.writing = true;
      }
    } else if (event instanceof GuestChanged(Instant at, UUID guest, String what)) {
      var pause = pauses.get(guest);
      if (pause != null && pause.from == null && what.startsWith("suspended")) {
        pause.from = at;
      } else if (pause != null && what.startsWith("resumed")) {
        pause.to = at;
      }
    }
  }

  @Override
  public Room room(String pool) {
    return volumes.room(pool);
  }

  @Override
  public List<Volume> volumes(String pool, String prefix) {
    return volumes.volumes(pool, prefix);
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

  private void requireRunning(OpenConnection connection, UUID guest, String name)
      throws LibvirtException {
    var status = StatusReading.read(connection, guest).orElseThrow();
    if (status.state() != GuestState.RUNNING) {
      throw failed("%s is not running on %s.", name, link.label());
    }
    if (status.job() != Job.NONE) {
      throw failed("%s has a job on %s.", name, link.label());
    }
  }

  @Override
  public Captured capture(
      UUID guest, String pool, String volume, List<FrozenDisk> disks, boolean live) {
    var pause = new Pause();
    var took = new Duration[1];
    alone.run(
        guest,
        "a checkpoint",
        () -> {
          pauses.put(guest, pause);
          try {
            took[0] =
                link.longCall(
                    "take a checkpoint of a guest",
                    connection -> capture(connection, guest, pool, volume, disks, live));
            if (runs(guest)) {
              awaitResumed(pause);
            }
          } finally {
            pauses.remove(guest);
          }
        });
    return new Captured(pause.length(), took[0]);
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

  /** The event comes by another connection than the answer. */
  private static void awaitResumed(Pause pause) {
    long until = System.nanoTime() + EVENT_WITHIN.toNanos();
    while (pause.to == null && System.nanoTime() < until) {
      sleep();
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(LOOK_EVERY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException(Kind.TIMED_OUT, "The console stopped waiting for a host.", e);
    }
  }

  @Override
  public Optional<Writing> writing(UUID guest) {
    var own = pauses.get(guest);
    if (own != null && !own.mayBeAsked()) {
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
  public void copyDisk(String source, String pool, String volume) {
    volumes.copyFile(source, pool, volume);
  }

  @Override
  public Map<String, String> disks(UUID guest) {
    return link.call(
        "tell a guest's disks",
        connection -> {
          var on = new LinkedHashMap<String, String>();
          xml(connection, guest).disks().forEach(d -> on.put(d.target(), d.source()));
          return Map.copyOf(on);
        });
  }

  @Override
  public void mergeBack(UUID guest, FrozenDisk disk) {
    if (!disk.source().equals(disks(guest).get(disk.target()))) {
      alone.run(guest, "the merge of its disk " + disk.target(), () -> merge(guest, disk));
    }
    removeOverlay(disk);
  }

  private void merge(UUID guest, FrozenDisk disk) {
    var target = disk.target();
    if (blockJob(guest, target) == null) {
      int flags = Domain.BlockCommitFlags.SHALLOW | Domain.BlockCommitFlags.ACTIVE;
      on(guest, "merge the disk of a guest", d -> d.blockCommit(target, null, null, 0, flags));
    }
    long until = System.nanoTime() + MERGED_WITHIN.toNanos();
    while (!disk.source().equals(disks(guest).get(target))) {
      var job = blockJob(guest, target);
      if (job == null) {
        // it is over by itself, or was given up
        if (!disk.source().equals(disks(guest).get(target))) {
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
      sleep();
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

  @Override
  public void removeOverlay(FrozenDisk disk) {
    volumes.deleteFile(disk.overlay());
  }

  @Override
  public void read(String pool, String volume, Piece piece) {
    volumes.read(pool, volume, piece);
  }

  @Override
  public void requireMemory(String pool, String volume) {
    volumes.requireMemory(pool, volume);
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
  public void delete(String pool, String volume) {
    volumes.delete(pool, volume);
  }

  @Override
  public void layOver(String pool, String backing, String volume) {
    volumes.layOver(pool, backing, volume);
  }

  @Override
  public void restore(
      UUID guest, String pool, String memory, Map<String, String> disks, boolean paused) {
    volumes.requireMemory(pool, memory);
    restore(
        guest,
        connection -> {
          var path = volumes.path(connection, pool, memory);
          var xml =
              SnapshotXml.unmapped(
                  SnapshotXml.onDisks(
                      SavedGuests.xml(connection, path), volumes.paths(connection, pool, disks)));
          restore(connection, path, xml, paused ? PAUSED : RUNNING);
          connection.domainDefineXML(SnapshotXml.definition(xml)).free();
          return null;
        });
  }

  @Override
  public void restoreMapped(
      UUID guest, String pool, String image, String memory, Map<String, String> disks) {
    restore(
        guest,
        connection -> {
          var paths = volumes.paths(connection, pool, disks);
          var path = volumes.path(connection, pool, image);
          restore(
              connection,
              path,
              SnapshotXml.onDisks(SavedGuests.xml(connection, path), paths),
              RUNNING);
          // it runs: what follows takes none of its time
          var captured = SavedGuests.xml(connection, volumes.path(connection, pool, memory));
          connection
              .domainDefineXML(SnapshotXml.definition(SnapshotXml.onDisks(captured, paths)))
              .free();
          return null;
        });
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
    alone.run(
        guest,
        "the copy of its disk " + target,
        () -> {
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
            sleep();
          }
          requireAlone(guest, target);
        });
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

  private static DomainXml xml(OpenConnection connection, UUID guest) throws LibvirtException {
    var domain = connection.domain(guest);
    try {
      return new DomainXml(domain.getXMLDesc(0));
    } finally {
      domain.free();
    }
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
