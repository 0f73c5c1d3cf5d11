package org.dcbalance.helper;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.dcbalance.helper.HostHelper.Facts;
import org.junit.jupiter.api.Test;

class TriedTest {
  private static final Facts GOOD = new Facts(1, "ready", List.of(), "root");

  private static Optional<String> whyNot(String qemu, String libvirt, Facts facts) {
    return Tried.whyNot("kvm-01", "QEMU", qemu, libvirt, facts);
  }

  @Test
  void resumesLazilyOnlyWhereThatWasTried() {
    assertThat(whyNot("7.2.22", "9.0.0", GOOD)).isEmpty();
    for (var version : List.of("8.2.0", "7.1.0", "7.20.1", "10.0.2", "unknown")) {
      assertThat(whyNot(version, "9.0.0", GOOD))
          .hasValueSatisfying(w -> assertThat(w).contains(version).contains("only QEMU 7.2"));
    }
    assertThat(whyNot("7.2.22", "11.3.0", GOOD)).get().asString().contains("only libvirt 9.0");
    assertThat(Tried.whyNot("xen-01", "Xen", "7.2.0", "9.0.0", GOOD))
        .get()
        .asString()
        .contains("xen-01 has Xen");
  }

  @Test
  void saysWhatIsMissingOnAHost() {
    assertThat(whyNot("7.2.22", "9.0.0", new Facts(2, "ready", List.of(), "root")))
        .get()
        .asString()
        .contains("has version 2");
    assertThat(whyNot("7.2.22", "9.0.0", new Facts(1, "absent", List.of(), "root")))
        .get()
        .asString()
        .contains("does not call the helper");
    assertThat(whyNot("7.2.22", "9.0.0", new Facts(1, "unread", List.of(), "root")))
        .get()
        .asString()
        .contains("has not started since");
    assertThat(whyNot("7.2.22", "9.0.0", new Facts(1, "ready", List.of("apparmor"), "root")))
        .get()
        .asString()
        .contains("uses apparmor");
    assertThat(whyNot("7.2.22", "9.0.0", new Facts(1, "ready", List.of(), "libvirt-qemu")))
        .get()
        .asString()
        .contains("\"libvirt-qemu\"");
  }
}
