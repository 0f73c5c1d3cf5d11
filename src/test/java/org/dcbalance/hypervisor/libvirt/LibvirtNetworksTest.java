package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No libvirt is needed: what is refused here never gets as far. */
class LibvirtNetworksTest {
  private static final String SETTING = "dcbalance.libvirt.allowed-networks";

  private final LibvirtDriver anywhere = new LibvirtDriver(settings(), Set::of);
  private final LibvirtDriver listed =
      new LibvirtDriver(settings("10.1.0.0/16", "fd12::/16", "127.0.0.0/30"), Set::of);

  private static LibvirtSettings settings(String... networks) {
    var second = Duration.ofSeconds(1);
    var patient = Duration.ofSeconds(30);
    return new LibvirtSettings(
        List.of(), List.of(networks), second, patient, second, 3, second, second);
  }

  private static URI tcp(String host) {
    return URI.create("qemu+tcp://" + host + "/system");
  }

  private static URI ssh(String host) {
    return URI.create("xen+ssh://root@" + host + ":2222/system");
  }

  private static void refuses(Runnable check, String... words) {
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(check::run)
        .satisfies(
            p -> {
              assertThat(p.code()).isEqualTo(ErrorCode.BAD_REQUEST);
              assertThat(p.sentence()).contains(words).contains(SETTING).endsWith(".");
              assertThat(p.advice()).startsWith("Maybe ");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, loopback",
    "127.8.9.10, loopback",
    "localhost, loopback",
    "2130706433, loopback",
    "0177.0.0.1, loopback",
    "017700000001, loopback",
    "0x7f000001, loopback",
    "[::1], loopback",
    "[::ffff:127.0.0.1], loopback",
    "[::ffff:7f00:1], loopback",
    "[::127.0.0.1], loopback",
    "[64:ff9b::7f00:1], loopback",
    "[2002:7f00:1::], loopback",
    "0.0.0.0, unspecified",
    "0, unspecified",
    "[::], unspecified",
    "169.254.0.1, link-local",
    "169.254.169.254, link-local",
    "2852039166, link-local",
    "[::ffff:169.254.169.254], link-local",
    "[64:ff9b::a9fe:a9fe], link-local",
    "[fe80::1], link-local",
    "[fd00:ec2::254], credentials",
    "100.100.100.200, credentials",
    "168.63.129.16, credentials",
    "224.0.0.1, multicast",
    "[ff02::1], multicast",
    "255.255.255.255, reserved",
  })
  void noHostIsThisMachineOnItsLinkOrItsCloud(String host, String kind) {
    refuses(() -> anywhere.check(tcp(host)), host, kind);
    refuses(() -> anywhere.check(ssh(host)), host, kind);
    refuses(() -> anywhere.checkPeer(tcp(host)), host, kind);
    assertThatCode(() -> anywhere.checkPeerForm(tcp(host)))
        .as("looks nothing up")
        .doesNotThrowAnyException();
  }

  /** The address of a host helper is no part of a URI, so it may have more forms. */
  @ParameterizedTest
  @ValueSource(strings = {"127.1", "127.0.1", "0x7f.1", "0x7f.0.0.1", "::1", "::ffff:127.0.0.1"})
  void noHelperIsOnThisMachine(String address) {
    refuses(() -> new LibvirtHosts(settings()).check(address), address, "loopback");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.99.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "[fd12:3456::1]",
        "203.0.113.7",
        "[2001:db8::1]"
      })
  void privateAndPublicAddressesAreWhereHostsLive(String host) {
    assertThatCode(
            () -> {
              anywhere.check(tcp(host));
              anywhere.checkPeer(ssh(host));
            })
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.2.3", "[::ffff:10.1.2.3]", "[fd12::7]", "127.0.0.2", "0x0a010203"})
  void aListIncludesWhatLiesInIt(String host) {
    assertThatCode(
            () -> {
              listed.check(tcp(host));
              listed.checkPeer(ssh(host));
            })
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.2.0.1",
        "203.0.113.7",
        "127.0.0.4",
        "169.254.169.254",
        "[fd13::7]",
        "[::1]",
        "[64:ff9b::a01:203]",
        "012.2.0.1"
      })
  void aListExcludesAllElse(String host) {
    refuses(() -> listed.check(tcp(host)), host, "in no network that");
    refuses(() -> listed.checkPeer(ssh(host)), host, "in no network that");
  }

  @Test
  void saysWhereANameLeads() {
    refuses(
        () -> new LibvirtDriver(settings("10.1.0.0/16"), Set::of).check(tcp("localhost")),
        "localhost is at ",
        "in no network that");
  }

  @ParameterizedTest
  @ValueSource(strings = {"qemu:///system", "xen:///system", "qemu+unix:///system"})
  void aSocketOfThisMachineLeadsNowhere(String uri) {
    assertThatCode(
            () -> {
              anywhere.check(URI.create(uri));
              listed.check(URI.create(uri));
            })
        .doesNotThrowAnyException();
  }

  @Test
  void aNameWithoutAddressIsComparedWithNoListAndFitsNone() {
    var unknown = tcp("no-such-host.invalid");
    assertThatCode(() -> anywhere.check(unknown)).doesNotThrowAnyException();
    var problem = catchThrowableOfType(Problem.class, () -> listed.check(unknown));
    assertThat(problem.code()).isEqualTo(ErrorCode.HYPERVISOR);
    assertThat(problem.sentence()).contains("no-such-host.invalid has no address", SETTING);
  }

  @Test
  void aHostOfTheInventoryGoesByItsNameThere() {
    var uri = URI.create("qemu+ssh://root@no-such-host.invalid:2222/system");
    try (var trial = listed.open(uri);
        var known = listed.open(uri, "kvm-07")) {
      assertThatExceptionOfType(HypervisorException.class)
          .isThrownBy(trial::facts)
          .withMessageContaining("no-such-host.invalid has no address");
      assertThatExceptionOfType(HypervisorException.class)
          .isThrownBy(known::facts)
          .withMessageContaining("kvm-07 has no address")
          .satisfies(
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE);
                assertThat(e.sentence()).doesNotContain("no-such-host", "root", "2222");
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:9", "localhost", "2130706433", "[::1]"})
  void eachConnectionLooksAgain(String host) {
    try (var hypervisor = anywhere.open(tcp(host))) {
      assertThatExceptionOfType(HypervisorException.class)
          .isThrownBy(hypervisor::facts)
          .satisfies(
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE);
                assertThat(e.sentence())
                    .startsWith("Its connection settings are not allowed here any more")
                    .doesNotContain(host, "127.0.0.1", "qemu");
              });
    }
  }

  @Test
  void noHostIsSentAnywhereElse() {
    try (var hypervisor = anywhere.open(URI.create("qemu:///system"))) {
      assertThat(hypervisor.reachPeer("qemu+tcp://127.0.0.1/system"))
          .hasValueSatisfying(why -> assertThat(why).contains("127.0.0.1", "loopback", SETTING));
      var order =
          new MigrationOrder(
              UUID.randomUUID(),
              "qemu+tcp://169.254.169.254/system",
              null,
              Tuning.NONE,
              false,
              false);
      assertThatExceptionOfType(Problem.class)
          .isThrownBy(() -> hypervisor.migrate(order, () -> {}))
          .satisfies(
              p -> {
                assertThat(p.code()).isEqualTo(ErrorCode.BAD_REQUEST);
                assertThat(p.sentence())
                    .as("everybody sees it")
                    .contains("Other hosts cannot reach the target")
                    .doesNotContain("169.254");
              });
    }
  }

  @Test
  void tellsWhetherThereIsAList() {
    assertThat(new LibvirtHosts(settings()).listed()).isFalse();
    assertThat(new LibvirtHosts(settings("10.1.0.0/16")).listed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost/8", "10.0.0.0/33", "10.0.0.0/x", "kvm-01", ""})
  void whatIsNoNetworkStopsTheStart(String text) {
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(() -> new LibvirtDriver(settings(text), Set::of))
        .withMessageContaining(SETTING);
  }
}
