package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.dcbalance.hypervisor.libvirt.OnLab.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The adapter on two real libvirt daemons with real guests. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("LibvirtHypervisorIT")
@Order(1)
class LibvirtHypervisorIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("lvt", 2);

  private final ConcurrentLinkedQueue<HypervisorEvent> events = new ConcurrentLinkedQueue<>();
  private Hypervisor one;
  private Hypervisor two;

  @BeforeEach
  void open() {
    one = OnLab.open(LAB, 1);
    two = OnLab.open(LAB, 2);
    one.listen(events::add);
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
    LAB.stop("web-01", "db-01", "gone-01");
    LAB.unlimitLink(1);
  }

  private static MigrationOrder to(int host, UUID guest) {
    return new MigrationOrder(guest, LAB.peerUri(host), null, Tuning.NONE, false, false);
  }

  @Test
  void tellsWhatTheHostIsAndCanDo() {
    var facts = one.facts();
    System.out.println(facts);
    assertThat(facts.uuid()).hasToString("00000000-0000-4000-8000-000000000001");
    assertThat(facts.hypervisor()).isEqualTo("QEMU");
    assertThat(facts.hypervisorVersion()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(facts.cores()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(facts.memory()).isGreaterThan(Memory.ofGiB(1));
    assertThat(facts.missing()).containsOnlyKeys(Capability.CPU_CAP);
  }

  @Test
  void describesGuestsAndTheirLoad() throws Exception {
    var web = LAB.start(1, "web-01", 1, "burn=30");
    LAB.start(1, "db-01", 2, "--disk", "shared");
    var guests = one.guests();
    guests.forEach(System.out::println);
    assertThat(guests).extracting(g -> g.name()).containsExactlyInAnyOrder("web-01", "db-01");
    var db = guests.stream().filter(g -> g.name().equals("db-01")).findFirst().orElseThrow();
    assertThat(db.disks())
        .singleElement()
        .satisfies(
            d -> {
              assertThat(d.target()).isEqualTo("vda");
              assertThat(d.source()).isEqualTo(LAB.folder() + "/shared/db-01.qcow2");
              assertThat(d.format()).isEqualTo("qcow2");
              assertThat(d.cache()).isEqualTo("none");
            });
    assertThat(db.ties()).isEmpty();
    assertThat(db.networks()).containsExactly("br-vm");
    assertThat(db.addresses()).containsExactly("52:54:00:dc:b0:02");
    assertThat(two.fits(db.cpu())).isInstanceOf(CpuFit.Fits.class);

    var first = one.readLoad();
    LAB.run("curl", "-s", "-o", "/dev/null", "http://" + QemuLab.guestAddress(1) + "/index.html");
    Thread.sleep(2000);
    // a guest that gets little of a busy machine burns, and tells of its memory, a little later
    var second =
        Await.until(
            "the load of web-01",
            Duration.ofSeconds(20),
            one::readLoad,
            now -> share(first, now, web) > 0.1 && counters(now, web).memoryUsed() != null);
    System.out.println(second);
    assertThat(second.guests()).hasSize(2);
    var before = counters(first, web);
    var after = counters(second, web);
    var share = share(first, second, web);
    System.out.printf("web-01 burns %.2f of a core%n", share);
    assertThat(share).isBetween(0.1, 1.1);
    assertThat(after.netSentBytes()).isGreaterThan(before.netSentBytes());
    assertThat(after.memory()).isEqualTo(QemuLab.GUEST_MEMORY);
    assertThat(after.memoryUsed()).isBetween(Memory.ofMiB(8), Memory.ofMiB(112));
    assertThat(second.host().cpuBusy()).isGreaterThan(first.host().cpuBusy());
    assertThat(second.host().memoryUsed())
        .isBetween(Memory.ofMiB(100), second.host().memoryTotal());
    LAB.host("virsh", 1, "destroy", "db-01");
    assertThat(one.facts().missing())
        .as("with a guest that is shut off")
        .containsOnlyKeys(Capability.CPU_CAP);
  }

  private static GuestCounters counters(LoadReading reading, UUID guest) {
    return reading.guests().stream().filter(g -> g.uuid().equals(guest)).findFirst().orElseThrow();
  }

  /** Give how much of a core a guest used from one reading to the other. */
  private static double share(LoadReading first, LoadReading second, UUID guest) {
    var used = counters(second, guest).cpuTime().minus(counters(first, guest).cpuTime());
    return (double) used.toNanos() / (second.monotonic() - first.monotonic());
  }

  @Test
  void readsTheDisksOfAGuestWhoseDisksAreCopiedApartFromThoseOfOthers() {
    var web = LAB.start(1, "web-01", 1, "--disk", "shared");
    var db = LAB.start(1, "db-01", 2, "--disk", "shared");
    LAB.disk(1, "web");
    LAB.disk(2, "db");
    await(
        Duration.ofSeconds(20),
        () -> one.readLoad().guests().stream().allMatch(g -> g.memoryUsed() != null));
    try (var careful = OnLab.open(LAB, 1, () -> Set.of(web))) {
      var together = one.readLoad().guests();
      var apart = careful.readLoad().guests();
      assertThat(apart)
          .extracting(GuestCounters::uuid)
          .containsExactlyInAnyOrder(web, db)
          .hasSameSizeAs(together);
      for (var guest : together) {
        assertThat(apart)
            .filteredOn(other -> other.uuid().equals(guest.uuid()))
            .singleElement()
            .satisfies(
                other -> {
                  assertThat(other.diskWrittenBytes())
                      .isPositive()
                      .isEqualTo(guest.diskWrittenBytes());
                  assertThat(other.diskReadBytes()).isEqualTo(guest.diskReadBytes());
                  assertThat(other.memoryUsed()).isNotNull();
                });
      }
    }
  }

  @Test
  void measuresTheDirtyRate() {
    var web = LAB.start(1, "web-01", 1, "dirty=24:8000:page");
    assertThat(one.readLoad().guests().getFirst().dirtyRate()).isNull();
    var asked = Instant.now();
    one.measureDirtyRate(web, Duration.ofSeconds(1));
    var ordered = Instant.now();
    await(Duration.ofSeconds(10), () -> one.readLoad().guests().getFirst().dirtyRate() != null);
    var rate = one.readLoad().guests().getFirst().dirtyRate();
    System.out.println(rate);
    assertThat(rate).isNotNull();
    assertThat(rate.startedAt()).isBetween(asked.minusSeconds(1), ordered.plusSeconds(1));
    assertThat(rate.window()).isEqualTo(Duration.ofSeconds(1));
    // all of the 24 MiB each second, judged by 56 pages of the guest: QEMU samples 512 of a GiB
    assertThat(rate.rate()).isBetween(ByteRate.ofMiB(2), ByteRate.ofMiB(64));
    assertThat(one.readLoad().guests().getFirst().dirtyRate()).isEqualTo(rate);
  }

  @Test
  void migratesLiveAndTellsTheFigures() {
    var web = LAB.start(1, "web-01", 1, "burn=20");
    assertThat(one.status(web).orElseThrow().persistent()).isTrue();
    one.mark(web, "job 7, epoch <3>");
    one.migrate(
        new MigrationOrder(
            web,
            LAB.peerUri(2),
            null,
            Tuning.of(Duration.ofMillis(400), ByteRate.ofMiB(200)),
            false,
            false));
    assertThat(one.status(web)).isEmpty();
    var there = two.status(web).orElseThrow();
    assertThat(there.state()).isEqualTo(GuestState.RUNNING);
    assertThat(there.job()).isEqualTo(Job.NONE);
    assertThat(there.persistent()).isTrue();
    assertThat(there.mark()).isEqualTo("job 7, epoch <3>");
    two.mark(web, null);
    assertThat(two.status(web).orElseThrow().mark()).isNull();

    // the event that carries them may come a little after the call has returned
    await(
        Duration.ofSeconds(10),
        () -> one.figures(web).filter(told -> told.downtime() != null).isPresent());
    var figures = one.figures(web).orElseThrow();
    var incoming = two.incomingFigures(web).orElseThrow();
    System.out.println("source " + figures + "\ntarget " + incoming);
    assertThat(figures.succeeded()).isTrue();
    assertThat(figures.downtime()).isPositive();
    assertThat(figures.total()).isGreaterThan(figures.downtime());
    assertThat(figures.transferred()).isGreaterThan(Memory.ofMiB(10));
    assertThat(two.incomingFigures(web)).as("reading does not clear").contains(incoming);
    assertThat(LAB.where("web-01")).containsExactly("2 running");
    await(
        Duration.ofSeconds(5),
        () -> events.stream().anyMatch(e -> e instanceof HypervisorEvent.JobCompleted));
    assertThat(events).anyMatch(e -> e instanceof HypervisorEvent.MigrationIteration);
    assertThat(events)
        .anyMatch(
            e ->
                e instanceof HypervisorEvent.GuestChanged c
                    && c.what().equals("stopped by a migration"));
  }

  /** libvirt does not take it along. */
  @Test
  @Tag("campaign")
  void aGuestStartsWithItsHostWhereThatWasSet() {
    var web = LAB.start(1, "web-01", 1);
    assertThat(one.autostart(web)).isFalse();
    one.setAutostart(web, true);
    assertThat(one.autostart(web)).isTrue();
    one.migrate(to(2, web));
    assertThat(two.autostart(web)).isFalse();
    two.setAutostart(web, true);
    assertThat(two.autostart(web)).isTrue();
    two.destroy(web);
    two.setAutostart(web, false);
    assertThat(two.autostart(web)).as("also of one that is shut off").isFalse();
    two.undefine(web);
  }

  @Test
  @Tag("campaign")
  void leavesATransientGuestTransient() {
    var web = LAB.start(1, "web-01", 1, "--transient");
    one.migrate(to(2, web));
    assertThat(two.status(web).orElseThrow().persistent()).isFalse();
  }

  @Test
  @Tag("campaign")
  void movesADiskOnlyWhenItsStorageIsShared() {
    var db = LAB.start(1, "db-01", 2, "--disk", "shared");
    var refused = catchThrowableOfType(HypervisorException.class, () -> one.migrate(to(2, db)));
    System.out.println(refused);
    assertThat(refused.kind()).isEqualTo(Kind.FAILED);
    assertThat(refused).hasMessageContaining("Migration without shared storage is unsafe");
    assertThat(one.status(db).orElseThrow().state()).isEqualTo(GuestState.RUNNING);
    one.migrate(new MigrationOrder(db, LAB.peerUri(2), null, Tuning.NONE, true, false));
    assertThat(LAB.where("db-01")).containsExactly("2 running");
  }

  @Test
  void showsProgressAnswersMeanwhileAndAborts() throws Exception {
    var web = LAB.start(1, "web-01", 1, "dirty=32:4000:page");
    LAB.limitLink(1, 60);
    one.setMaxDowntime(web, Duration.ofMillis(100));
    var order =
        new MigrationOrder(
            web, LAB.peerUri(2), null, Tuning.of(Duration.ofMillis(50), null), false, false);
    var moving = Beside.run(() -> one.migrate(order));
    await(
        Duration.ofSeconds(20), () -> one.progress(web).filter(p -> p.iteration() > 1).isPresent());
    var progress = one.progress(web).orElseThrow();
    System.out.println(progress);
    assertThat(progress.total()).isGreaterThan(QemuLab.GUEST_MEMORY);
    assertThat(progress.processed()).isGreaterThan(Memory.ofMiB(1));
    assertThat(progress.bandwidth().bytesPerSecond())
        .isBetween(1e6, 40e6); // of 60 Mbit/s; not in bits, nor in MiB
    var began = System.nanoTime();
    assertThat(one.status(web).orElseThrow().job()).isEqualTo(Job.OUTGOING_MIGRATION);
    assertThat(two.status(web).orElseThrow().job()).isEqualTo(Job.INCOMING_MIGRATION);
    assertThat(one.readLoad().guests()).hasSize(1);
    assertThat(one.guests()).hasSize(1);
    assertThat(two.progress(web)).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
    assertThatThrownBy(() -> one.migrate(to(2, web))).hasMessageContaining("is in a migration");
    assertThatThrownBy(() -> one.measureDirtyRate(web, Duration.ofSeconds(1)))
        .hasMessageContaining("is in a migration");
    one.setMaxDowntime(web, Duration.ofMillis(60));
    one.abort(web);
    var failure =
        catchThrowableOfType(ExecutionException.class, () -> moving.get(60, TimeUnit.SECONDS));
    System.out.println(failure.getCause());
    assertThat(failure.getCause()).isInstanceOf(HypervisorException.class);
    assertThat(((HypervisorException) failure.getCause()).kind()).isEqualTo(Kind.ABORTED);
    assertThat(one.status(web).orElseThrow().state()).isEqualTo(GuestState.RUNNING);
    assertThat(one.status(web).orElseThrow().job()).isEqualTo(Job.NONE);
    assertThat(two.status(web)).isEmpty();
    assertThat(LAB.host("virsh", 1, "migrate-getmaxdowntime", "web-01").strip())
        .as("the limit of our order is undone, the one set by hand before it stays")
        .isEqualTo("100");
    assertThat(one.figures(web)).as("libvirt tells nothing of aborted migrations").isEmpty();
  }

  /** A console that does nothing but migrate; a process of its own, to be killed. */
  static final class MigratingConsole {
    public static void main(String[] args) {
      OnLab.open(LAB, 1).migrate(to(2, UUID.fromString(args[0])));
    }
  }

  @Test
  @Tag("campaign")
  void aMigrationGoesOnWhenTheConsoleIsKilled() throws Exception {
    var web = LAB.start(1, "web-01", 1);
    LAB.limitLink(1, 60);
    var console =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                MigratingConsole.class.getName(),
                web.toString())
            .inheritIO()
            .start();
    await(Duration.ofSeconds(30), () -> one.progress(web).isPresent());
    console.destroyForcibly().waitFor();
    assertThat(console.exitValue()).isEqualTo(128 + 9);
    assertThat(one.progress(web)).isPresent();
    await(Duration.ofSeconds(60), () -> one.status(web).isEmpty());
    assertThat(LAB.where("web-01")).containsExactly("2 running");
    // this connection is told, too, a little later
    await(Duration.ofSeconds(10), () -> one.figures(web).isPresent());
  }

  @Test
  @Tag("campaign")
  void theGuestStaysWhenTheTargetDies() {
    var web = LAB.start(1, "web-01", 1, "dirty=32:4000:page");
    LAB.limitLink(1, 60);
    var moving = Beside.run(() -> one.migrate(to(2, web)));
    await(Duration.ofSeconds(20), () -> one.progress(web).isPresent());
    LAB.host("kill", 2);
    try {
      var failure =
          catchThrowableOfType(ExecutionException.class, () -> moving.get(60, TimeUnit.SECONDS));
      System.out.println(failure.getCause());
      // by whether the copy or the daemons' connection is missed first
      assertThat(((HypervisorException) failure.getCause()).kind())
          .isIn(Kind.DISCONNECTED, Kind.FAILED);
      var status = one.status(web).orElseThrow();
      assertThat(status.state()).isEqualTo(GuestState.RUNNING);
      assertThat(status.job()).isEqualTo(Job.NONE);
    } finally {
      LAB.host("start", 2);
      // it came back with another network card, which its neighbour would learn of in a minute
      LAB.host("sh", 1, "ip", "neigh", "flush", "all");
      await(Duration.ofSeconds(30), () -> one.reachPeer(LAB.peerUri(2)).isEmpty());
    }
  }

  @Test
  void saysWhatIsWrongWithAMigration() {
    var web = LAB.start(1, "web-01", 1);
    var self = catchThrowableOfType(HypervisorException.class, () -> one.migrate(to(1, web)));
    assertThat(self).hasMessageContaining("Attempt to migrate guest to the same host");
    var nowhere = catchThrowableOfType(HypervisorException.class, () -> one.migrate(to(9, web)));
    assertThat(nowhere).hasMessageContaining("No route to host");
    assertThat(nowhere.kind()).isEqualTo(Kind.DISCONNECTED);
    var unknown =
        catchThrowableOfType(
            HypervisorException.class, () -> one.migrate(to(2, UUID.randomUUID())));
    assertThat(unknown.kind()).isEqualTo(Kind.NO_SUCH_GUEST);
    one.pause(web);
    assertThat(one.status(web).orElseThrow().state()).isEqualTo(GuestState.PAUSED);
    assertThatThrownBy(() -> one.migrate(to(2, web))).hasMessageContaining("web-01 is not running");
    one.resume(web);
    assertThat(one.status(web).orElseThrow().state()).isEqualTo(GuestState.RUNNING);
    assertThatThrownBy(() -> one.undefine(web)).hasMessageContaining("so its definition stays");
    one.destroy(web);
    assertThat(one.status(web).orElseThrow().state()).isEqualTo(GuestState.SHUT_OFF);
    one.undefine(web);
    assertThat(one.status(web)).isEmpty();
  }

  @Test
  void findsOutWhetherHostsReachEachOther() {
    assertThat(one.reachPeer(LAB.peerUri(2))).isEmpty();
    assertThat(one.reachPeer(LAB.peerUri(9)).orElseThrow()).contains("No route to host");
    assertThat(one.reachPeer("qemu+tcp://10.99.0.2:1/system").orElseThrow())
        .contains("Connection refused");
    assertThat(one.reachPeer("qemu+tls://10.99.0.2/system").orElseThrow())
        .contains("CA certificate");
    assertThat(one.reachPeer("qemu+tcp://nowhere.invalid/system").orElseThrow())
        .contains("resolve");
    assertThat(one.guests()).isEmpty();
    assertThat(LAB.host("virsh", 1, "list", "--all").strip()).isEmpty();
  }

  @Test
  @Tag("campaign")
  void tellsWhichCpuDoesNotFit() {
    LAB.start(1, "web-01", 1);
    var cpu = one.guests().getFirst().cpu();
    var model =
        new GuestCpu(
            "<cpu mode='custom' match='exact'><model fallback='forbid'>Skylake-Server</model></cpu>",
            cpu.emulator(),
            cpu.arch(),
            cpu.machine(),
            cpu.virtType(),
            null);
    var lacks = (CpuFit.Lacks) two.fits(model);
    System.out.println("its CPU " + lacks.reason());
    assertThat(lacks.reason()).startsWith("lacks ").contains("avx512f");
    var machine =
        new GuestCpu("", cpu.emulator(), cpu.arch(), "pc-i440fx-99.0", cpu.virtType(), null);
    System.out.println("its CPU " + ((CpuFit.Lacks) two.fits(machine)).reason());
    assertThat(
            two.fits(
                new GuestCpu("", cpu.emulator(), cpu.arch(), cpu.machine(), cpu.virtType(), null)))
        .isInstanceOf(CpuFit.Fits.class);
  }

  @Test
  @Tag("campaign")
  void tellsTies() {
    LAB.start(1, "web-01", 1, "--disk", "shared");
    LAB.host("virsh", 1, "snapshot-create-as", "web-01", "s1");
    assertThat(one.guests().getFirst().ties())
        .extracting(Tie::kind)
        .containsExactly(Tie.Kind.SNAPSHOT_METADATA);
    LAB.host("virsh", 1, "snapshot-delete", "web-01", "s1");
    assertThat(one.guests().getFirst().ties()).isEmpty();
  }

  /** Now and then QEMU never comes back from it, and the host has to be taken down. */
  @Test
  @Tag("campaign")
  void resumesAPostCopyThatFailed() throws Exception {
    var web = LAB.start(1, "web-01", 1, "dirty=16:500:page");
    LAB.limitLink(1, 20);
    var moving =
        Beside.run(
            () ->
                assertThatThrownBy(
                        () ->
                            LAB.host(
                                "virsh",
                                1,
                                "migrate",
                                "--live",
                                "--p2p",
                                "--persistent",
                                "--undefinesource",
                                "--postcopy",
                                "web-01",
                                LAB.peerUri(2)))
                    .isInstanceOf(AssertionError.class));
    // a job that has not begun to send cannot be switched
    await(
        Duration.ofSeconds(20),
        () ->
            one.progress(web)
                .filter(p -> p.processed().compareTo(Memory.ofMiB(8)) > 0)
                .isPresent());
    LAB.host("virsh", 1, "migrate-postcopy", "web-01");
    await(Duration.ofSeconds(30), () -> why(two, web) == Why.POST_COPY);
    assertThat(two.status(web).orElseThrow().state()).isEqualTo(GuestState.RUNNING);
    assertThat(why(one, web)).isEqualTo(Why.POST_COPY);
    assertThat(one.status(web).orElseThrow().state()).isEqualTo(GuestState.PAUSED);
    LAB.host("virsh", 1, "domjobabort", "web-01", "--postcopy");
    await(
        Duration.ofSeconds(20),
        () -> why(one, web) == Why.POST_COPY_FAILED && why(two, web) == Why.POST_COPY_FAILED);
    moving.get(60, TimeUnit.SECONDS);
    LAB.unlimitLink(1);
    var resumed = Beside.run(() -> one.resumePostCopy(web, LAB.peerUri(2), false));
    try {
      resumed.get(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      // stuck in it, the daemon and QEMU would keep the guest from every later test
      LAB.host("restart", 1);
      throw e;
    }
    assertThat(LAB.where("web-01")).containsExactly("2 running");
    assertThat(why(two, web)).isEqualTo(Why.NONE);
  }

  private static @Nullable Why why(Hypervisor host, UUID guest) {
    return host.status(guest).map(GuestStatus::why).orElse(null);
  }
}
