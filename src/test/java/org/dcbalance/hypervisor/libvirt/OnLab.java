package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.dcbalance.hypervisor.CopiedDisks;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;

/** The adapter on hosts of a lab, and waiting for what they do. */
final class OnLab {
  private OnLab() {}

  static Hypervisor open(QemuLab lab, int host) {
    return open(lab, host, Duration.ofSeconds(10));
  }

  static Hypervisor open(QemuLab lab, int host, Duration callDeadline) {
    return open(lab, host, callDeadline, Set::of);
  }

  static Hypervisor open(QemuLab lab, int host, CopiedDisks copiedDisks) {
    return open(lab, host, Duration.ofSeconds(10), copiedDisks);
  }

  private static Hypervisor open(
      QemuLab lab, int host, Duration callDeadline, CopiedDisks copiedDisks) {
    var settings =
        new LibvirtSettings(
            List.of(lab.folder()),
            List.of(),
            callDeadline,
            Duration.ofSeconds(8),
            Duration.ofSeconds(1),
            3,
            Duration.ofMillis(200),
            Duration.ofSeconds(2));
    return new LibvirtDriver(settings, copiedDisks).open(URI.create(lab.uri(host)));
  }

  static boolean answers(Hypervisor hypervisor) {
    try {
      hypervisor.guests();
      return true;
    } catch (HypervisorException e) {
      return false;
    }
  }

  static void await(Duration most, BooleanSupplier condition) {
    Await.until(
        "what this test waits for",
        most,
        Duration.ofMillis(100),
        condition::getAsBoolean,
        is -> is);
  }
}
