package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.dcbalance.hypervisor.libvirt.OnLab.answers;
import static org.dcbalance.hypervisor.libvirt.OnLab.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Connections to two real libvirt daemons: busy, hung, gone, and back again. */
@Tag("campaign")
@Timeout(300)
class LibvirtConnectionIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("cnn", 2);

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
    LAB.stop("web-01");
  }

  @Test
  void looksByNameAndNumbersItsConnections() {
    var web = LAB.start(1, "web-01", 1);
    var seen = one.look(web, "web-01");
    assertThat(seen.status().orElseThrow().state()).isEqualTo(GuestState.RUNNING);
    assertThat(seen.namesake()).isNull();
    var stranger = UUID.randomUUID();
    assertThat(one.look(stranger, "web-01").status()).isEmpty();
    assertThat(one.look(stranger, "web-01").namesake()).isEqualTo(web);
    assertThat(one.look(stranger, "web-09").namesake()).isNull();
    assertThat(one.look(web, "web-01").connection()).isEqualTo(seen.connection());
    assertThat(two.look(web, "web-01").connection()).isNotEqualTo(seen.connection());
    LAB.host("kill-libvirtd", 1);
    await(Duration.ofSeconds(20), () -> answers(one));
    assertThat(one.look(web, "web-01").status()).isPresent();
    assertThat(one.look(web, "web-01").connection())
        .as("another daemon")
        .isNotEqualTo(seen.connection());
  }

  @Test
  void servesManyCallersAtOnce() throws Exception {
    var web = LAB.start(1, "web-01", 1);
    long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
    var calls = new LongAdder();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 16; i++) {
        all.add(
            callers.submit(
                () -> {
                  while (System.nanoTime() < until) {
                    assertThat(one.readLoad().guests()).hasSize(1);
                    assertThat(one.status(web)).isPresent();
                    assertThat(one.progress(web)).isEmpty();
                    calls.add(3);
                  }
                }));
      }
      for (var caller : all) {
        caller.get(120, TimeUnit.SECONDS);
      }
    }
    Figures.print("calls by 16 callers at once, in 4 s", Long.toString(calls.sum()));
    assertThat(calls.sum()).as("each was served").isGreaterThanOrEqualTo(16 * 3);
  }

  @Test
  void comesBackAfterTheDaemonOrTheHostDied() {
    LAB.start(1, "web-01", 1);
    assertThat(one.guests()).hasSize(1);
    LAB.host("kill-libvirtd", 1);
    await(Duration.ofSeconds(20), () -> answers(one));
    assertThat(one.guests()).hasSize(1);
    await(
        Duration.ofSeconds(5),
        () -> events.stream().filter(e -> e instanceof HypervisorEvent.Connected).count() >= 2);
    assertThat(events).anyMatch(e -> e instanceof HypervisorEvent.Disconnected);
    events.clear();
    LAB.host("virsh", 1, "suspend", "web-01");
    await(
        Duration.ofSeconds(5),
        () -> events.stream().anyMatch(e -> e instanceof HypervisorEvent.GuestChanged));

    LAB.host("kill", 1);
    var gone = catchThrowableOfType(HypervisorException.class, one::guests);
    System.out.println(gone);
    assertThat(gone.kind()).isEqualTo(Kind.UNREACHABLE);
    var again = catchThrowableOfType(HypervisorException.class, one::guests);
    System.out.println(again);
    assertThat(again.kind()).isEqualTo(Kind.UNREACHABLE);
    LAB.host("start", 1);
    await(Duration.ofSeconds(20), () -> answers(one));
    assertThat(one.guests())
        .singleElement()
        .satisfies(g -> assertThat(g.state()).isEqualTo(GuestState.SHUT_OFF));
  }

  @Test
  void givesUpOnADaemonThatHangs() {
    var hasty = OnLab.open(LAB, 2, Duration.ofSeconds(1));
    assertThat(hasty.guests()).isEmpty();
    var pid = LAB.host("sh", 2, "cat", "/run/libvirtd.pid").strip();
    LAB.host("sh", 2, "kill", "-STOP", pid);
    try {
      var began = System.nanoTime();
      var late = catchThrowableOfType(HypervisorException.class, hasty::guests);
      System.out.println(late + " after " + (System.nanoTime() - began) / 1_000_000 + " ms");
      assertThat(late.kind()).isEqualTo(Kind.TIMED_OUT);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
      assertThat(one.guests()).as("another host is not held up").isEmpty();
      for (int i = 0; i < 6; i++) {
        var next = catchThrowableOfType(HypervisorException.class, hasty::guests);
        assertThat(next.kind()).isIn(Kind.TIMED_OUT, Kind.UNREACHABLE);
      }
      var threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("libvirt-" + hasty))
              .count();
      assertThat(threads).as("stuck calls do not pile up").isLessThanOrEqualTo(8);
    } finally {
      LAB.host("sh", 2, "kill", "-CONT", pid);
    }
    await(Duration.ofSeconds(20), () -> answers(hasty));
    hasty.close();
  }
}
