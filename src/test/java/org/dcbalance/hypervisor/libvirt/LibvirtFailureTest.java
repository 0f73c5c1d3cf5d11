package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  void knowsTheNumbersOfLibvirt() {
    assertThat(LibvirtFailure.NO_DOMAIN_METADATA)
        .isEqualTo(ErrorNumber.VIR_ERR_NO_DOMAIN_METADATA.ordinal());
    assertThat(LibvirtFailure.CPU_INCOMPATIBLE)
        .isEqualTo(ErrorNumber.VIR_ERR_CPU_INCOMPATIBLE.ordinal());
    assertThat(LibvirtFailure.OPERATION_UNSUPPORTED)
        .isEqualTo(ErrorNumber.VIR_ERR_OPERATION_UNSUPPORTED.ordinal());
  }
}
