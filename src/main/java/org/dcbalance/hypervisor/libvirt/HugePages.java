package org.dcbalance.hypervisor.libvirt;

import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.dcbalance.units.Memory;
import org.libvirt.LibvirtException;

/** Tell what is free in a host's huge pages: they are set aside, and its free memory is without. */
final class HugePages {
  private static final int WHOLE_HOST = -1;

  private HugePages() {}

  /**
   * Give what is free for a guest.
   *
   * @param wanted the sizes of its pages; none for the host's default, which libvirt does not tell
   */
  static Memory free(OpenConnection connection, List<Memory> wanted) throws LibvirtException {
    return among(sizes(connection.getCapabilities()), wanted, size -> ofSize(connection, size));
  }

  /** List the sizes of pages in what virConnectGetCapabilities gives, ordinary ones first. */
  static List<Memory> sizes(String capabilities) {
    var sizes =
        Xml.children(Xml.at(Xml.parse(capabilities), "host/cpu"), "pages").stream()
            .map(pages -> Memory.ofKiB(Long.parseLong(pages.getAttribute("size"))))
            .sorted()
            .toList();
    if (sizes.isEmpty()) {
      throw new LibvirtFailure(LibvirtFailure.NO_SUPPORT, "its libvirt lists no sizes of pages");
    }
    return sizes;
  }

  /** Add up the sizes that are wanted; of unknown ones the most that any size has is hoped for. */
  static Memory among(List<Memory> sizes, List<Memory> wanted, Function<Memory, Memory> free) {
    return wanted.isEmpty()
        ? sizes.stream().skip(1).map(free).max(Comparator.naturalOrder()).orElse(Memory.ZERO)
        : sizes.stream().filter(wanted::contains).map(free).reduce(Memory.ZERO, Memory::plus);
  }

  private static Memory ofSize(OpenConnection connection, Memory size) {
    var counts = new long[1];
    int told =
        connection.checked(
            connection
                .library()
                .virNodeGetFreePages(
                    connection.pointer(),
                    1,
                    new int[] {Math.toIntExact(size.bytes() / 1024)},
                    WHOLE_HOST,
                    1,
                    counts,
                    0));
    if (told == 0) {
      throw new LibvirtFailure(LibvirtFailure.NO_SUPPORT, "its libvirt counts no free pages");
    }
    return new Memory(Math.multiplyExact(counts[0], size.bytes()));
  }
}
