package org.dcbalance.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.dcbalance.units.Memory;

/** Bring up hosts with libvirt and QEMU, in namespaces of this machine; see {@code lab/qemu}. */
public final class QemuLab extends Lab {
  /** Memory of a guest unless told otherwise; see {@code lab/qemu/image/emulator} for the rest. */
  public static final Memory GUEST_MEMORY = Memory.ofMiB(112).minus(new Memory(8 << 10));

  /**
   * Describe a lab.
   *
   * @param name short, of lower-case letters; names its namespaces
   * @param hosts 1 to 16
   */
  public QemuLab(String name, int hosts) {
    super("qemu", name, hosts, Duration.ofMinutes(3));
  }

  @Override
  protected List<String> missing() {
    var missing = new ArrayList<String>();
    if (!isRoot()) {
      missing.add("root (for network namespaces)");
    }
    if (!Files.isExecutable(Path.of("/usr/sbin/libvirtd"))) {
      missing.add("libvirtd");
    }
    if (Stream.of("/usr/bin", "/bin", "/usr/local/bin")
        .noneMatch(dir -> Files.isExecutable(Path.of(dir, "qemu-system-x86_64")))) {
      missing.add("qemu-system-x86_64");
    }
    return missing;
  }

  @Override
  public String uri(int host) {
    return "qemu+unix:///system?socket=%s/h%d/run/libvirt/libvirt-sock".formatted(folder(), host);
  }

  @Override
  public String peerUri(int host) {
    return "qemu+tcp://10.99.0.%d/system".formatted(host);
  }

  @Override
  public UUID uuid(int number) {
    return guestUuid(number);
  }

  /** Give the UUID that the lab gives a guest by its number. */
  public static UUID guestUuid(int number) {
    return UUID.fromString("00000000-0000-4000-9000-%012d".formatted(number));
  }
}
