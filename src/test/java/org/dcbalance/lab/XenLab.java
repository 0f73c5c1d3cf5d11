package org.dcbalance.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Assumptions;

/**
 * Bring up hosts with Xen and libvirt, each emulated as a whole machine; see {@code lab/xen}.
 *
 * <p>The first use on a machine fetches and builds what the hosts boot. Where that cannot be done
 * the class is skipped, as it is where something is missing.
 */
public final class XenLab extends Lab {
  private final boolean shadowPaging;
  private final int processors;

  /**
   * Describe a lab on Debian's own hypervisor, on which PVH guests migrate live.
   *
   * @param name short, of lower-case letters; names its network namespace
   * @param hosts 1 to 9
   */
  public XenLab(String name, int hosts) {
    this(name, hosts, false, 1);
  }

  private XenLab(String name, int hosts, boolean shadowPaging, int processors) {
    super("xen", name, hosts, Duration.ofMinutes(9));
    this.shadowPaging = shadowPaging;
    this.processors = processors;
  }

  /** Describe a lab whose hosts have several processors, so that guests do not starve dom0. */
  public static XenLab withProcessors(String name, int hosts, int processors) {
    return new XenLab(name, hosts, false, processors);
  }

  /** Describe a lab on a hypervisor with shadow paging, on which PV guests migrate live too. */
  public static XenLab withShadowPaging(String name, int hosts) {
    return withShadowPaging(name, hosts, 1);
  }

  /** Describe such a lab whose hosts have several processors. */
  public static XenLab withShadowPaging(String name, int hosts, int processors) {
    return new XenLab(name, hosts, true, processors);
  }

  @Override
  protected List<String> missing() {
    if (!isRoot()) {
      return List.of("root (for a network namespace)");
    }
    var check =
        run(Path.of("lab", "install").toAbsolutePath(), List.of("--check", "--only", "xen"));
    return check.status() == 0
        ? List.of()
        : List.of(check.said().strip().replaceFirst("(?s)^.*xen: missing ", ""));
  }

  @Override
  List<String> options() {
    return shadowPaging ? List.of("--shadow") : List.of();
  }

  @Override
  Map<String, String> settings() {
    return Map.of("LAB_HOST_CPUS", Integer.toString(processors));
  }

  @Override
  void build() {
    var built = run(Path.of("lab", "xen", "build").toAbsolutePath(), options());
    if (built.status() != 0) {
      var words =
          "The Xen lab could not be built (%s): run lab/xen/build"
              .formatted(built.said().strip().replace('\n', ' '));
      if (everythingIsRequired()) {
        throw new AssertionError(words);
      }
      Assumptions.abort(words);
    }
  }

  @Override
  public String uri(int host) {
    return "xen+unix:///system?socket=%s/h%d/libvirt-sock".formatted(folder(), host);
  }

  @Override
  public String peerUri(int host) {
    return "xen+tcp://10.99.0.%d/system".formatted(host);
  }

  @Override
  public UUID uuid(int number) {
    return guestUuid(number);
  }

  /** Give the UUID that the lab gives a guest by its number. */
  public static UUID guestUuid(int number) {
    return UUID.fromString("00000000-0000-4000-b000-%012d".formatted(number));
  }
}
