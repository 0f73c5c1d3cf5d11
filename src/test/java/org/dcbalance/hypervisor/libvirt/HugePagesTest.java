package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class HugePagesTest {
  private static final Memory ORDINARY = Memory.ofKiB(4);
  private static final Memory LARGE = Memory.ofMiB(2);
  private static final Memory LARGER = Memory.ofGiB(1);
  private static final List<Memory> SIZES = List.of(ORDINARY, LARGE, LARGER);

  @Test
  void readsTheSizesOfPages() {
    assertThat(
            HugePages.sizes(
                """
                <capabilities><host><cpu>
                  <arch>x86_64</arch><pages unit='KiB' size='2048'/>
                  <pages unit='KiB' size='4'/><pages unit='KiB' size='1048576'/>
                </cpu></host></capabilities>
                """))
        .isEqualTo(SIZES);
    assertThatThrownBy(() -> HugePages.sizes("<capabilities><host><cpu/></host></capabilities>"))
        .hasMessageContaining("no sizes of pages");
  }

  @Test
  void countsThePagesThatAGuestMayHave() {
    assertThat(free(List.of(LARGE))).isEqualTo(Memory.ofGiB(3));
    assertThat(free(List.of(LARGE, LARGER))).isEqualTo(Memory.ofGiB(8));
    assertThat(free(List.of(Memory.ofMiB(16)))).as("a size of other hosts").isEqualTo(Memory.ZERO);
    assertThat(free(List.of())).as("the default size is not told").isEqualTo(Memory.ofGiB(5));
    assertThat(HugePages.among(List.of(ORDINARY), List.of(), size -> Memory.ofGiB(64)))
        .as("ordinary pages are none")
        .isEqualTo(Memory.ZERO);
  }

  private static Memory free(List<Memory> wanted) {
    return HugePages.among(
        SIZES,
        wanted,
        size ->
            size.equals(ORDINARY)
                ? Memory.ofGiB(64)
                : size.equals(LARGE) ? Memory.ofGiB(3) : Memory.ofGiB(5));
  }
}
