package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Figures;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Captures real guests with disks, and brings them back, by two real libvirt daemons. */
@Tag("campaign")
@Timeout(300)
class LibvirtStatesIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("sts", 2);

  private static final String POOL = "checkpoints";

  private Hypervisor one;
  private Hypervisor two;

  @BeforeEach
  void open() {
    one = OnLab.open(LAB, 1);
    two = OnLab.open(LAB, 2);
  }

  @AfterEach
  void close() {
    LAB.stop("db-01");
    one.states().volumes(POOL, "").forEach(v -> one.states().delete(POOL, v.name()));
    one.close();
    two.close();
  }

  private UUID start() {
    var db = LAB.start(1, "db-01", 1, "--disk", "shared", "dirty=16:500");
    LAB.disk(1, "before");
    return db;
  }

  private List<FrozenDisk> take(UUID guest, String name, boolean live) {
    var states = one.states();
    var disks = states.plan(guest, name);
    var captured = states.capture(guest, POOL, name + ".memory", disks, live);
    var pause = Objects.requireNonNull(captured.pause());
    assertThat(pause).isPositive().isLessThanOrEqualTo(captured.took().plusMillis(500));
    Figures.print(
        "checkpoint pause, whole", pause.toMillis() + " ms, " + captured.took().toMillis() + " ms");
    return disks;
  }

  /** The memory is made to be that of a guest that needs more, and then what it was. */
  private void tellsWhatAHostLacks() throws IOException {
    var states = two.states();
    var fit = states.fit(POOL, "cp-1.memory");
    assertThat(fit.lacks()).isEmpty();
    assertThat(fit.memory()).isEqualTo(QemuLab.GUEST_MEMORY);
    var network = Files.createTempFile("network", ".xml");
    Files.writeString(network, "<network><name>quiet</name><bridge name='br-quiet'/></network>");
    LAB.host("virsh", 2, "net-define", network.toString());
    Files.delete(network);
    var file = LAB.folder().resolve("checkpoints/cp-1.memory");
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      var beginning = new byte[SaveImage.HEADER];
      open.readFully(beginning);
      beginning = Arrays.copyOf(beginning, SaveImage.length(beginning));
      open.readFully(beginning, SaveImage.HEADER, beginning.length - SaveImage.HEADER);
      var image = SaveImage.of(beginning);
      open.seek(0);
      open.write(
          image.with(
              image
                  .xml()
                  .replace("br-vm", "br-none")
                  .replace("</model>", "</model><feature policy='require' name='avx512f'/>")
                  .replace(
                      "<memballoon",
                      "<interface type='network'><source network='none'/></interface>"
                          + "<interface type='network'><source network='quiet'/></interface>"
                          + "<memballoon")));
      assertThat(states.fit(POOL, "cp-1.memory").lacks())
          .containsExactlyInAnyOrder(
              "cannot run db-01: its CPU lacks avx512f",
              "has no bridge br-none",
              "has no network none",
              "has the network quiet, but it is not active");
      open.seek(0);
      open.write(beginning);
    }
    LAB.host("virsh", 2, "net-undefine", "quiet");
  }

  @Test
  void takesMemoryAndDisksOfOneInstantAndBringsThemBackTwice() throws IOException {
    var db = start();
    var from = LAB.uptime(1);
    var disks = take(db, "cp-1", true);
    assertThat(disks).extracting(FrozenDisk::target).containsExactly("vda");
    var frozen = disks.getFirst();
    assertThat(one.states().disks(db)).containsEntry("vda", frozen.overlay());
    var then = LAB.uptime(1);
    LAB.disk(1, "during");
    one.states().copyDisk(frozen.source(), POOL, "cp-1.vda");
    one.states().mergeBack(db, frozen);
    assertThat(one.states().disks(db)).containsEntry("vda", frozen.source());
    one.states().mergeBack(db, frozen);
    assertThat(LAB.disk(1)).as("what was written meanwhile is kept").contains("during");
    LAB.disk(1, "after");
    assertThat(one.states().volumes("shared", "db-01"))
        .extracting(Volume::name)
        .containsExactly("db-01.qcow2");

    tellsWhatAHostLacks();

    for (int restore = 1; restore <= 2; restore++) {
      (restore == 1 ? one : two).destroy(db);
      var states = two.states();
      states.layOver(POOL, "cp-1.vda", "cp-1.r" + restore + ".vda");
      var running = Figures.watch();
      states.restore(db, POOL, "cp-1.memory", Map.of("vda", "cp-1.r" + restore + ".vda"), false);
      Figures.seconds("restore to running", running.passed());
      LAB.await(1);
      assertThat(LAB.where("db-01")).contains("2 running").doesNotContain("1 running");
      assertThat(LAB.uptime(1))
          .as("it goes on where it was")
          .isBetween(from, then.plus(running.passed()).plusSeconds(2));
      assertThat(LAB.disk(1)).contains("before");
      LAB.disk(1, "again");
      assertThat(states.over(POOL)).containsExactly(entry("cp-1.r" + restore + ".vda", "cp-1.vda"));
      states.detach(db, "vda", share -> assertThat(share).isBetween(0.0, 1.0));
      assertThat(states.over(POOL)).isEmpty();
      assertThat(LAB.disk(1)).contains("again");
    }
    assertThat(two.status(db).orElseThrow().persistent()).isTrue();
  }

  /** QEMU 7.2 crashes if it is asked for all its images in the instant in which a copy ends. */
  @Test
  void aGuestIsReadWhileItsDisksAreCopied() throws Exception {
    var db = start();
    var reading = new AtomicBoolean(true);
    try (var careful = OnLab.open(LAB, 1, () -> Set.of(db));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var readings =
          threads.submit(
              () -> {
                int seen = 0;
                while (reading.get()) {
                  seen += careful.readLoad().guests().size();
                }
                return seen;
              });
      try {
        for (int i = 0; i < 40; i++) {
          LAB.host(
              "virsh",
              1,
              "snapshot-create-as",
              "db-01",
              "--disk-only",
              "--no-metadata",
              "--diskspec",
              "vda,file=" + LAB.folder() + "/shared/db-01.copied-" + i);
          one.states().detach(db, "vda", share -> {});
        }
      } finally {
        // the threads are waited for when they are closed
        reading.set(false);
      }
      Figures.print("readings of a guest while its disk was copied 40 times", "" + readings.get());
      assertThat(readings.resultNow()).isGreaterThan(40);
    }
    assertThat(LAB.disk(1)).contains("before");
  }

  @Test
  void readsWhatItWroteAndTellsAPartFromAWhole() {
    var db = start();
    var disks = take(db, "cp-2", false);
    var states = one.states();
    var bytes = new long[1];
    states.read(POOL, "cp-2.memory", (piece, length) -> bytes[0] += length);
    var volume = states.volumes(POOL, "cp-2").getFirst();
    assertThat(bytes[0]).isBetween(Memory.ofMiB(30).bytes(), Memory.ofMiB(130).bytes());
    assertThat(volume.allocated().bytes()).isGreaterThanOrEqualTo(bytes[0] - 4096);
    states.requireMemory(POOL, "cp-2.memory");
    states.copyDisk(disks.getFirst().source(), POOL, "cp-2.vda");
    states.mergeBack(db, disks.getFirst());
    assertThatThrownBy(() -> states.requireMemory(POOL, "cp-2.vda"))
        .hasMessageContaining("does not hold all of a guest's memory");
    states.delete(POOL, "cp-2.vda");
    states.delete(POOL, "cp-2.vda");
    assertThat(states.room(POOL).available().bytes()).isPositive();
  }

  @Test
  void saysWhatIsWrongBeforeAnythingIsTouched() {
    var web = LAB.start(1, "db-01", 1);
    var states = one.states();
    assertThat(states.plan(web, "cp-3")).as("it has no disk").isEmpty();
    assertThatThrownBy(() -> states.room("elsewhere"))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("elsewhere");
    assertThatThrownBy(() -> states.read(POOL, "nothing", (piece, length) -> {}))
        .hasMessageContaining("There is no volume nothing");
    one.pause(web);
    assertThatThrownBy(() -> states.plan(web, "cp-3")).hasMessageContaining("is not running");
    one.resume(web);
  }
}
