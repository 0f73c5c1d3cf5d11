package org.dcbalance.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
  private final AddressGuard guard = guard();

  static AddressGuard guard(String... allowed) {
    return new AddressGuard(settings(Duration.ofSeconds(20), allowed));
  }

  static NotificationSettings settings(Duration deadline, String... allowed) {
    return new NotificationSettings(
        List.of(allowed), null, deadline, Duration.ofDays(1), Duration.ofDays(30));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, loopback",
    "127.8.9.10, loopback",
    "2130706433, loopback",
    "localhost, loopback",
    "::1, loopback",
    "[::1], loopback",
    "::ffff:127.0.0.1, loopback",
    "::127.0.0.1, loopback",
    "64:ff9b::7f00:1, loopback",
    "2002:7f00:1::, loopback",
    "0.0.0.0, unspecified",
    "0.1.2.3, unspecified",
    "::, unspecified",
    "169.254.0.1, link-local",
    "169.254.169.254, link-local",
    "2852039166, link-local",
    "::ffff:169.254.169.254, link-local",
    "64:ff9b::a9fe:a9fe, link-local",
    "fe80::1, link-local",
    "fd00:ec2::254, credentials",
    "fd20:ce::254, credentials",
    "100.100.100.200, credentials",
    "192.0.0.192, credentials",
    "224.0.0.1, multicast",
    "ff02::1, multicast",
    "255.255.255.255, reserved",
    "240.0.0.1, reserved",
  })
  void addressesOfThisMachineItsLinkAndItsCloudAreRefused(String host, String kind) {
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(() -> guard.addresses(host))
        .satisfies(
            p -> {
              assertThat(p.sentence()).contains(host, kind);
              assertThat(p.advice()).contains("allowed-networks");
            });
  }

  /** Java reads some of these otherwise than C does: what counts is what it would connect to. */
  @ParameterizedTest
  @ValueSource(
      strings = {"0x7f000001", "0177.0.0.1", "127.1", "0x7f.0.0.1", "017700000001", "127.0.1"})
  void otherWaysToWriteALoopbackAddressNeverLeadToIt(String host) {
    try {
      assertThat(guard.addresses(host)).noneMatch(InetAddress::isLoopbackAddress);
    } catch (Problem | UnknownHostException refused) {
      assertThat(refused).hasMessageContaining(host);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "fd12:3456::1",
        "203.0.113.7",
        "2001:db8::1"
      })
  void privateAndPublicAddressesAreWhereReceiversLive(String host) throws UnknownHostException {
    assertThat(guard.addresses(host)).containsExactly(InetAddress.ofLiteral(host));
  }

  @Test
  void allowedNetworksAreAllowedAndNoMore() throws UnknownHostException {
    var some = guard("127.0.0.0/30", "fe80::/64");
    assertThat(some.addresses("127.0.0.3")).hasSize(1);
    assertThat(some.addresses("::ffff:127.0.0.1")).hasSize(1);
    assertThat(some.addresses("fe80::5")).hasSize(1);
    for (var other : List.of("127.0.0.4", "fe80:0:0:1::5", "::1", "169.254.169.254")) {
      assertThatExceptionOfType(Problem.class).isThrownBy(() -> some.addresses(other));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost/8", "127.0.0.0/33", "127.0.0.0/x", "", "::/-1"})
  void whatIsNoNetworkStopsTheStart(String text) {
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(() -> guard(text))
        .withMessageContaining("allowed-networks");
  }
}
