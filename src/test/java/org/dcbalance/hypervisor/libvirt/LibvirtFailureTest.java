package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.libvirt.Error.ErrorNumber;

class LibvirtFailureTest {
  @ParameterizedTest
  @CsvSource({
    "VIR_ERR_NO_DOMAIN, NO_SUCH_GUEST",
    "VIR_ERR_OPERATION_ABORTED, ABORTED",
    "VIR_ERR_OPERATION_TIMEOUT, TIMED_OUT",
    "VIR_ERR_NO_SUPPORT, UNSUPPORTED",
    "VIR_ERR_ARGUMENT_UNSUPPORTED, UNSUPPORTED",
    "VIR_ERR_OPERATION_UNSUPPORTED, UNSUPPORTED",
    "VIR_ERR_CONFIG_UNSUPPORTED, UNSUPPORTED",
    "VIR_ERR_NO_CONNECT, UNREACHABLE",
    "VIR_ERR_INVALID_CONN, UNREACHABLE",
    "VIR_ERR_OPERATION_FAILED, FAILED",
    "VIR_ERR_OPERATION_INVALID, FAILED",
    "VIR_ERR_MIGRATE_UNSAFE, FAILED",
    "VIR_ERR_CPU_INCOMPATIBLE, FAILED",
    "VIR_ERR_UNKNOWN, FAILED",
  })
  void sortsErrors(ErrorNumber code, Kind kind) {
    var failure = new LibvirtFailure(code.ordinal(), "it said so.");
    var explained = failure.explain("h1", "list its guests", true);
    assertThat(explained.kind()).isEqualTo(kind);
    assertThat(explained.sentence()).isEqualTo("h1 could not list its guests: it said so.");
    assertThat(failure.explain("h1", "list its guests", false).kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void keepsTheAddressesOfHostsToItself() {
    var failure =
        new LibvirtFailure(
            38,
            "unable to connect to 'qemu+tls://kvm-2/system?pkipath=/etc/k': failed at"
                + " qemu+ssh://root@10.0.0.2/system?keyfile=/root/.ssh/id: no route to host");
    assertThat(failure.explain("h1", "move a guest", true).sentence())
        .isEqualTo(
            "h1 could not move a guest: unable to connect to '(address)': failed at (address): no"
                + " route to host.");
    assertThat(failure.words()).as("for the log").contains("root@10.0.0.2", "/root/.ssh/id");
  }

  @Test
  void knowsTheNumbersOfLibvirt() {
    assertThat(LibvirtFailure.NO_DOMAIN_METADATA)
        .isEqualTo(ErrorNumber.VIR_ERR_NO_DOMAIN_METADATA.ordinal());
    assertThat(LibvirtFailure.CPU_INCOMPATIBLE)
        .isEqualTo(ErrorNumber.VIR_ERR_CPU_INCOMPATIBLE.ordinal());
    assertThat(LibvirtFailure.OPERATION_UNSUPPORTED)
        .isEqualTo(ErrorNumber.VIR_ERR_OPERATION_UNSUPPORTED.ordinal());
  }

  /** As libvirt 9.0 and QEMU 7.2 said it when a link was cut, or a daemon or QEMU was killed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "internal error: client socket is closed",
        "End of file while reading data: Input/output error",
        "operation failed: job 'migration out' failed: Unable to write to socket: Broken pipe",
        "unable to connect to server at '10.99.0.2:16509': No route to host"
      })
  void knowsHostsThatLostEachOtherByTheWords(String words) {
    assertThat(LibvirtFailure.disconnected(explained(words))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "operation aborted: job 'migration out' canceled by client",
        "Unsafe migration: Migration without shared storage is unsafe",
        "Attempt to migrate guest to the same host UUID",
        "no storage pool with matching target path '/srv/images'"
      })
  void takesNothingElseForThat(String words) {
    assertThat(LibvirtFailure.disconnected(explained(words))).isFalse();
  }

  /** As libvirt 9.0 says it, and as newer ones quote names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Requested operation is not valid: domain 'web-07' is already being started",
        "operation is not valid: domain \u2018web-07\u2019 is already being started"
      })
  void saysWhatHelpsWhereHalfACopyStayedOnAXenTarget(String words) {
    assertThat(LibvirtFailure.adviceOnXen(explained(words)))
        .contains("half of an earlier copy")
        .contains("kill $(pidof libxl-save-helper)")
        .contains("restart libvirtd");
  }

  @Test
  void saysWhatHelpsWhereATargetsKernelKeepsQemuFromPostCopy() {
    assertThat(
            LibvirtFailure.adviceOnQemu(
                explained(
                    "internal error: unable to execute QEMU command 'migrate-set-capabilities':"
                        + " Postcopy is not supported")))
        .contains("vm.unprivileged_userfaultfd");
    assertThat(LibvirtFailure.adviceOnQemu(explained("operation failed: job: canceled"))).isEmpty();
  }

  @Test
  void saysItOfNothingElse() {
    assertThat(
            LibvirtFailure.adviceOnXen(explained("domain 'web-07' is already active as 'web-07'")))
        .isEmpty();
    var ours = new HypervisorException(Kind.FAILED, "web-07 is already being started", null);
    assertThat(LibvirtFailure.adviceOnXen(ours)).as("not libvirt's words").isEmpty();
  }

  private static HypervisorException explained(String words) {
    return new LibvirtFailure(1, words).explain("kvm-01", "migrate web-07", true);
  }
}
