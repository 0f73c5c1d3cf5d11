package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.CopiedDisks;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.CpuTimes;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Talk to one QEMU or Xen host through libvirt. */
final class LibvirtHypervisor implements Hypervisor {
  // virDomainUndefineFlagsValues
  private static final int KEEP_NVRAM = 1 << 3;
  private static final int KEEP_TPM = 1 << 6;

  /** Before it, libvirt refuses the flag. */
  private static final long KEEPS_TPM_SINCE = 8_009_000;

  private final HostLink link;

  /** Counters of all guests may keep a host busy for long: no question or order waits for them. */
  private final HostLink readings;

  private final boolean xen;
  private final HostEvents events;
  private final DirtyRates dirtyRates = new DirtyRates();
  private final LoadReader loads;
  private final PeerProbe peers;
  private final GuestLevers levers;
  private final StateStorage states;
  private final Alone alone;
  private final MigrationJobs migrations;

  LibvirtHypervisor(
      LibvirtUri uri,
      @Nullable String name,
      LibvirtSettings settings,
      AllowedNetworks networks,
      CopiedDisks copiedDisks) {
    xen = uri.driver().equals("xen");
    var finished = new FinishedJobs();
    events = new HostEvents(finished);
    link = new HostLink(uri, name, settings, networks, events);
    readings = new HostLink(uri, name, settings, networks, null);
    peers = new PeerProbe(link, networks, xen);
    levers = new GuestLevers(link, xen);
    alone = new Alone(link);
    migrations = new MigrationJobs(link, networks, xen, alone, finished);
    states = xen ? new XenStates(link, alone) : new QemuStates(link, events, alone);
    loads =
        xen
            ? new SingleLoadReader(readings, alone::busy)
            : new BulkLoadReader(readings, dirtyRates, copiedDisks);
  }

  @Override
  public HostFacts facts() {
    boolean jobEvents = !xen && link.jobEvents();
    return link.call("tell what it is", connection -> FactsReading.read(connection, jobEvents));
  }

  @Override
  public List<Guest> guests() {
    return new GuestListing(readings, xen).read();
  }

  @Override
  public LoadReading readLoad() {
    return loads.read();
  }

  @Override
  public CpuTimes cpuTimes() {
    return link.call("report its CPU time", NodeStats::cpu);
  }

  @Override
  public Optional<GuestStatus> status(UUID guest) {
    return link.call("tell a guest's state", connection -> StatusReading.read(connection, guest));
  }

  @Override
  public Duration cpuTime(UUID guest) {
    return on(
        guest, "tell a guest's CPU time", domain -> Duration.ofNanos(domain.getInfo().cpuTime));
  }

  @Override
  public GuestSighting look(UUID guest, String name) {
    return link.call(
        "tell a guest's state",
        connection ->
            new GuestSighting(
                StatusReading.read(connection, guest),
                StatusReading.namesake(connection, name, guest),
                connection.number()));
  }

  @Override
  public void measureDirtyRate(UUID guest, Duration window) {
    int seconds = (int) Math.clamp(window.toSeconds(), 1, 60);
    alone.run(
        guest,
        "a measurement of its dirty rate",
        () ->
            link.call(
                "measure a guest's dirty rate",
                connection -> {
                  StatusReading.requireNoJob(connection, guest, "its dirty rate is not measured");
                  try (var ref = connection.ref(guest)) {
                    var at = Instant.now();
                    connection.checked(
                        connection
                            .library()
                            .virDomainStartDirtyRateCalc(ref.pointer(), seconds, 0));
                    dirtyRates.started(guest, at);
                    return null;
                  }
                }));
  }

  @Override
  public CpuFit fits(GuestCpu cpu) {
    return link.call("compare CPUs", connection -> CpuFitting.running(connection, cpu));
  }

  @Override
  public void migrate(MigrationOrder order, Runnable lastWord) {
    migrations.migrate(order, lastWord);
  }

  @Override
  public Optional<MigrationProgress> progress(UUID guest) {
    return migrations.progress(guest);
  }

  @Override
  public Optional<MigrationFigures> figures(UUID guest) {
    return migrations.figures(guest);
  }

  @Override
  public Optional<MigrationFigures> incomingFigures(UUID guest) {
    return migrations.incomingFigures(guest);
  }

  @Override
  public void abort(UUID guest) {
    migrations.abortAsked(guest);
    on(guest, "abort a guest's job", Domain::abortJob);
  }

  @Override
  public void setMaxDowntime(UUID guest, Duration longest) {
    levers.setMaxDowntime(guest, longest);
  }

  @Override
  public Duration maxDowntime(UUID guest) {
    return levers.maxDowntime(guest);
  }

  @Override
  public void setBandwidth(UUID guest, ByteRate most) {
    levers.setBandwidth(guest, most);
  }

  @Override
  public void startPostCopy(UUID guest) {
    levers.startPostCopy(guest);
  }

  @Override
  public MemoryReading memory(UUID guest) {
    return levers.memory(guest);
  }

  @Override
  public Optional<List<Memory>> hugePages(UUID guest) {
    return xen
        ? Optional.empty()
        : on(
            guest,
            "tell what a guest's memory lies on",
            domain -> new DomainXml(domain.getXMLDesc(0)).hugePages());
  }

  @Override
  public Memory freeHugePages(List<Memory> sizes) {
    return link.call("count its huge pages", connection -> HugePages.free(connection, sizes));
  }

  @Override
  public void setMemory(UUID guest, Memory target) {
    alone.withoutJob(
        guest,
        "a change of its memory",
        "its memory is not changed",
        () -> levers.setMemory(guest, target));
  }

  @Override
  public Optional<String> balloonMoves(UUID guest) {
    return xen
        ? on(
            guest,
            "tell whether a guest's balloon moves",
            domain -> XenBalloon.moves(domain, link.label()))
        : Optional.empty();
  }

  @Override
  public int cap(UUID guest) {
    return levers.cap(guest);
  }

  @Override
  public void setCap(UUID guest, int percent) {
    alone.withoutJob(
        guest, "a change of its CPU cap", "it is not capped", () -> levers.setCap(guest, percent));
  }

  @Override
  public Optional<Integer> weight(UUID guest) {
    return levers.weight(guest);
  }

  @Override
  public void setWeight(UUID guest, int weight) {
    alone.withoutJob(
        guest,
        "a change of its CPU weight",
        "its CPU weight is not changed",
        () -> levers.setWeight(guest, weight));
  }

  @Override
  public void resumePostCopy(UUID guest, String peerUri, boolean encrypted) {
    migrations.resumePostCopy(guest, peerUri, encrypted);
  }

  @Override
  public void resume(UUID guest) {
    change(guest, StateChange.RESUME);
  }

  @Override
  public void pause(UUID guest) {
    change(guest, StateChange.PAUSE);
  }

  @Override
  public void destroy(UUID guest) {
    change(guest, StateChange.DESTROY);
  }

  private void change(UUID guest, StateChange change) {
    on(
        guest,
        doing(change),
        domain -> {
          make(domain, change);
          return null;
        });
  }

  @Override
  public boolean changeIf(UUID guest, StateChange change, Predicate<GuestStatus> still) {
    return link.call(
        doing(change),
        connection -> {
          if (StatusReading.read(connection, guest).filter(still).isEmpty()) {
            return false;
          }
          var domain = connection.domain(guest);
          try {
            make(domain, change);
            return true;
          } finally {
            domain.free();
          }
        });
  }

  private static String doing(StateChange change) {
    return switch (change) {
      case RESUME -> "resume a guest";
      case PAUSE -> "pause a guest";
      case DESTROY -> "end a guest";
    };
  }

  private static void make(Domain domain, StateChange change) throws LibvirtException {
    switch (change) {
      case RESUME -> domain.resume();
      case PAUSE -> domain.suspend();
      case DESTROY -> domain.destroy();
    }
  }

  @Override
  public boolean autostart(UUID guest) {
    return on(
        guest,
        "tell whether it starts a guest by itself",
        domain -> domain.isPersistent() == 1 && domain.getAutostart());
  }

  @Override
  public void setAutostart(UUID guest, boolean autostart) {
    alone.withoutJob(
        guest,
        "a change of its autostart",
        "its autostart is not changed",
        () ->
            on(
                guest,
                "change a guest's autostart",
                domain -> {
                  domain.setAutostart(autostart);
                  return null;
                }));
  }

  @Override
  public void undefine(UUID guest) {
    link.call(
        "remove a guest's definition",
        connection -> {
          var domain = connection.domain(guest);
          try {
            if (domain.isActive() == 1) {
              throw new HypervisorException(
                  Kind.FAILED,
                  "The guest %s runs on %s, so its definition stays."
                      .formatted(guest, link.label()),
                  null);
            }
            domain.undefine(keeping(xen, connection.getLibVersion()));
            return null;
          } finally {
            domain.free();
          }
        });
  }

  /**
   * Keep a guest's firmware variables and what its emulated TPM holds: on storage that hosts share,
   * the copy that moved away uses them.
   *
   * @param library version of the host's libvirt, 1,000,000 * major + 1,000 * minor + release
   */
  static int keeping(boolean xen, long library) {
    // Xen's driver keeps neither, and refuses both flags
    return xen ? 0 : library < KEEPS_TPM_SINCE ? KEEP_NVRAM : KEEP_NVRAM | KEEP_TPM;
  }

  @Override
  public void mark(UUID guest, @Nullable String mark) {
    alone.run(
        guest,
        "a change of its mark",
        () ->
            link.call(
                "mark a guest",
                connection -> {
                  StatusReading.requireNoJob(connection, guest, "it is not marked");
                  StatusReading.write(connection, guest, mark);
                  return null;
                }));
  }

  @Override
  public Optional<String> reachPeer(String peerUri) {
    return peers.check(peerUri);
  }

  @Override
  public DiskStorage disks() {
    if (xen) {
      throw new HypervisorException(
          Kind.UNSUPPORTED,
          "No disks are copied from %s: it is Xen.".formatted(link.label()),
          null);
    }
    return new LibvirtDisks(link);
  }

  @Override
  public StateStorage states() {
    return states;
  }

  @Override
  public void listen(Consumer<HypervisorEvent> listener) {
    events.listen(listener);
  }

  @Override
  public void close() {
    link.close();
    readings.close();
    events.close();
  }

  @Override
  public String toString() {
    return link.label();
  }

  private <T extends @Nullable Object> T on(
      UUID guest, String doing, GuestLevers.Operation<T> operation) {
    return levers.on(guest, doing, operation);
  }
}
