package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is set on a guest for its move, on two real libvirt daemons with real guests. */
@Tag("campaign")
@Timeout(300)
class LibvirtLeversIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("lev", 2);

  private Hypervisor one;
  private Hypervisor two;

  @BeforeEach
  void open() {
    one = OnLab.open(LAB, 1);
    two = OnLab.open(LAB, 2);
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
    LAB.stop("web-01");
    LAB.unlimitLink(1);
  }

  private static MigrationOrder order(UUID guest, Tuning tuning) {
    return new MigrationOrder(guest, LAB.peerUri(2), null, tuning, false, false);
  }

  @Test
  void aGuestGivesMemoryBackAndTakesItAgain() {
    var web = LAB.start(1, "web-01", 1);
    var full = one.memory(web);
    assertThat(full.now()).isEqualTo(QemuLab.GUEST_MEMORY);
    assertThat(full.used()).isBetween(Memory.ofMiB(4), Memory.ofMiB(112));
    // it holds its files in memory, so that it can give no more than what it does not use
    var least = new Memory(full.used().bytes() * 6 / 5);
    assertThat(least).isLessThan(full.now());
    one.setMemory(web, least);
    await(() -> one.memory(web).now().compareTo(least.plus(Memory.ofMiB(1))) <= 0);
    one.setMemory(web, full.now());
    await(() -> one.memory(web).now().equals(full.now()));
  }

  @Test
  void keepsTheDowntimeLimitThatIsSet() {
    var web = LAB.start(1, "web-01", 1);
    one.setMaxDowntime(web, Duration.ofMillis(700));
    assertThat(one.maxDowntime(web)).isEqualTo(Duration.ofMillis(700));
  }

  @Test
  void switchesToPostCopy() throws Exception {
    var web = LAB.start(1, "web-01", 1, "dirty=40:8000:page");
    LAB.limitLink(1, 100);
    var ran = LAB.uptime(1);
    var tuning = new Tuning(true, Duration.ofMillis(1), null, null, null, 1, true);
    var moving = Beside.run(() -> one.migrate(order(web, tuning)));
    await(() -> one.progress(web).filter(p -> p.iteration() > 1).isPresent());
    one.startPostCopy(web);
    moving.get(120, TimeUnit.SECONDS);
    assertGoesOn(ran);
  }

  @Test
  void slowsAWriterDownAndTellsByHowMuch() throws Exception {
    var web = LAB.start(1, "web-01", 1, "dirty=40:8000:page");
    LAB.limitLink(1, 100);
    var ran = LAB.uptime(1);
    var tuning =
        new Tuning(true, Duration.ofMillis(1), null, new Tuning.Throttle(30, 10), null, 1, false);
    var moving = Beside.run(() -> one.migrate(order(web, tuning)));
    await(() -> one.progress(web).filter(p -> p.throttle() >= 30).isPresent());
    assertThatThrownBy(() -> one.setMemory(web, Memory.ofMiB(100)))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("is in a migration");
    one.setBandwidth(web, ByteRate.ofMiB(200));
    one.setMaxDowntime(web, Duration.ofSeconds(20));
    moving.get(120, TimeUnit.SECONDS);
    assertGoesOn(ran);
  }

  @Test
  void stopsAGuestForAllOfItsMove() {
    var web = LAB.start(1, "web-01", 1, "dirty=40:8000:page");
    LAB.limitLink(1, 100);
    var ran = LAB.uptime(1);
    one.migrate(order(web, new Tuning(false, null, null, null, null, 1, false)));
    assertGoesOn(ran);
    assertThat(two.status(web).orElseThrow().job())
        .isEqualTo(org.dcbalance.hypervisor.GuestStatus.Job.NONE);
  }

  @Test
  void compressesAndUsesSeveralConnections() {
    var web = LAB.start(1, "web-01", 1);
    var ran = LAB.uptime(1);
    one.migrate(order(web, new Tuning(true, null, null, null, Memory.ofMiB(64), 1, false)));
    assertThat(LAB.where("web-01")).containsExactly("2 running");
    two.migrate(
        new MigrationOrder(
            web,
            LAB.peerUri(1),
            null,
            new Tuning(true, null, null, null, null, 2, false),
            false,
            false));
    assertThat(LAB.where("web-01")).containsExactly("1 running");
  }

  @Test
  void sendsMemoryEncryptedOrNotAtAll() throws Exception {
    var web = LAB.start(1, "web-01", 1);
    var ran = LAB.uptime(1);
    LAB.limitLink(1, 60);
    var order = new MigrationOrder(web, LAB.peerUri(2), null, Tuning.NONE, false, true);
    var moving = Beside.run(() -> one.migrate(order));
    Await.until(
        "QEMU to encrypt",
        Duration.ofSeconds(20),
        () ->
            LAB.host(
                "virsh", 1, "qemu-monitor-command", "web-01", "--hmp", "info migrate_parameters"),
        said -> said.matches("(?s).*tls-creds: '[^']+'.*"));
    LAB.unlimitLink(1);
    moving.get(120, TimeUnit.SECONDS);
    assertGoesOn(ran);

    // one whose certificate nobody signed is not sent a byte
    LAB.host("sh", 1, "rm", "/etc/libvirt/migrate-tls/ca-cert.pem");
    assertThatThrownBy(
            () ->
                two.migrate(
                    new MigrationOrder(web, LAB.peerUri(1), null, Tuning.NONE, false, true)))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("Unable to access credentials");
    assertThat(LAB.where("web-01")).containsExactly("2 running");
  }

  @Test
  void refusesToCapAndToMixConnectionsWithPostCopy() {
    var web = LAB.start(1, "web-01", 1);
    assertThatThrownBy(() -> one.cap(web)).hasMessageContaining("are not capped");
    assertThatThrownBy(
            () -> one.migrate(order(web, new Tuning(true, null, null, null, null, 2, true))))
        .hasMessageContaining("cannot switch several connections to post-copy");
    assertThat(LAB.where("web-01")).containsExactly("1 running");
  }

  /** A guest that lost memory on the way would have booted anew, seconds ago. */
  private static void assertGoesOn(Duration ran) {
    assertThat(LAB.where("web-01")).containsExactly("2 running");
    assertThat(LAB.uptime(1)).isGreaterThan(ran);
  }

  private static void await(BooleanSupplier condition) {
    Await.until(
        "what this test waits for", Duration.ofSeconds(30), condition::getAsBoolean, is -> is);
  }
}
