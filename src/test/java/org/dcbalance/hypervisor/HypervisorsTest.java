package org.dcbalance.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HypervisorsTest {
  private final Hypervisors none = new Hypervisors(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {"vmware://h1", "http://h1/", "h1", "", "  ", "qemu+tcp://h 1/system", "%%%"})
  void saysWhichUrisItKnows(String uri) {
    var problem = catchThrowableOfType(Problem.class, () -> none.check(uri));
    assertThat(problem.code()).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(problem.advice()).startsWith("Maybe ").contains("qemu+tls://host/system");
    assertThat(catchThrowableOfType(Problem.class, () -> none.checkPeer(uri))).isNotNull();
    assertThat(catchThrowableOfType(Problem.class, () -> none.open(uri))).isNotNull();
  }
}
