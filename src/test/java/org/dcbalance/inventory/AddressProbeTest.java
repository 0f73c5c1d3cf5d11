package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Viewers read what was found at the address of a host, which is not theirs to see. */
class AddressProbeTest {
  @Test
  void whatAnswersIsToldWithoutWhere() throws IOException {
    try (var host = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      var heard =
          AddressProbe.ask(List.of("qemu+tcp://127.0.0.1:" + host.getLocalPort() + "/system"));
      assertThat(heard.silent()).isFalse();
      assertThat(heard.words())
          .startsWith("Something answers at its address (")
          .doesNotContain("127.0.0.1")
          .doesNotContainPattern("[0-9]");
    }
  }

  @Test
  void aNameThatIsNotKnownIsNotTold() {
    var heard = AddressProbe.ask(List.of("qemu+tls://kvm-02.invalid/system"));
    assertThat(heard.silent()).isFalse();
    assertThat(heard.words()).isEqualTo("Its name leads to no address now.");
  }

  @Test
  void whoHasNoAddressIsNotSilent() {
    assertThat(AddressProbe.ask(List.of("qemu:///system")).silent()).isFalse();
  }
}
