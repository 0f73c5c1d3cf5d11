package org.dcbalance.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
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

  private final boolean helper;

  /**
   * Describe a lab.
   *
   * @param name short, of lower-case letters; names its namespaces
   * @param hosts 1 to 16
   */
  public QemuLab(String name, int hosts) {
    this(name, hosts, false);
  }

  private QemuLab(String name, int hosts, boolean helper) {
    super("qemu", name, hosts, Duration.ofMinutes(6));
    this.helper = helper;
  }

  /** Describe a lab whose hosts have DCbalance's host helper, called over SSH. */
  public static QemuLab withHelpers(String name, int hosts) {
    return new QemuLab(name, hosts, true);
  }

  @Override
  List<String> options() {
    return helper ? List.of("--helper") : List.of();
  }

  /** Give the private key that calls the hosts' helpers. */
  public Path helperKey() {
    return folder().resolve("ssh/key");
  }

  /** Give the public key of a host's SSH server. */
  public String hostKey(int host) {
    try {
      return Files.readString(folder().resolve("h" + host + "/ssh_host_key.pub")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    if (helper && !Files.isExecutable(Path.of("/usr/sbin/sshd"))) {
      missing.add("sshd");
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
