package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeAddressesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "localhost",
        "::1",
        "0.0.0.0",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fe80::1",
        "224.0.0.1",
        "255.255.255.255",
        "::ffff:169.254.169.254"
      })
  void thisMachineItsLinkAndItsCloudAreNotProbed(String address) {
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(() -> ProbeAddresses.resolve(address))
        .withMessageContaining("no guest is probed there");
    assertThatExceptionOfType(Problem.class).isThrownBy(() -> ProbeAddresses.check(address));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.7", "192.168.122.10", "172.16.0.1", "8.8.8.8", "fd12::7"})
  void guestsLiveInPrivateNetworks(String address) throws Exception {
    assertThat(ProbeAddresses.resolve(address).getHostAddress()).isNotEmpty();
  }

  @Test
  void aNameThatIsNotKnownYetMayBeKnownLater() {
    assertThatCode(() -> ProbeAddresses.check("no-such-guest.invalid")).doesNotThrowAnyException();
  }

  @Test
  void addressesAndNotesHaveALength() {
    var vm = new Vm();
    vm.probe("a".repeat(255), 80);
    assertThatExceptionOfType(Problem.class).isThrownBy(() -> vm.probe("a".repeat(256), 80));
    vm.neverMove(true, "a".repeat(500));
    assertThatExceptionOfType(Problem.class).isThrownBy(() -> vm.neverMove(true, "a".repeat(501)));
  }
}
