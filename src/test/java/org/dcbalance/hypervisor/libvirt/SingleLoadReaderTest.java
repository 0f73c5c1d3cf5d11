package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.testing.Needed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/** What a host tells of devices, by libvirt's own driver for tests, which runs in this process. */
@ExtendWith(SingleLoadReaderTest.Library.class)
class SingleLoadReaderTest {
  static final class Library extends Needed {
    Library() {
      super("lab/install --only qemu");
    }

    @Override
    protected List<String> missing() {
      try {
        LibvirtLibrary.load();
        return List.of();
      } catch (HypervisorException e) {
        return List.of("libvirt");
      }
    }
  }

  @Test
  void devicesOfWhichAHostTellsNothingAreLeftOut() throws Exception {
    var connection = new Connect("test:///default");
    try {
      var domain = connection.domainLookupByName("test");
      assertThat(SingleLoadReader.told(List.of("taken-out"), device -> domain.blockStats(device)))
          .isEmpty();
      assertThat(SingleLoadReader.told(List.of("here"), device -> device)).containsExactly("here");
      assertThatThrownBy(
              () ->
                  SingleLoadReader.told(
                      List.of("vda"), device -> connection.domainLookupByName("nobody")))
          .as("a guest that is gone has no devices to leave out")
          .isInstanceOf(LibvirtException.class);
      domain.free();
    } finally {
      connection.close();
    }
  }
}
