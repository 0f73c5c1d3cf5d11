package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.Optional;
import org.dcbalance.units.Memory;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Tell whether the balloon of a Xen guest rests where it was asked to be. A guest whose memory is
 * still above what it was asked to keep is sent, or saved, with more than it may have where it is
 * read back, and then cannot be ("Failed to populate physmap").
 */
final class XenBalloon {
  private static final Duration STEADY_FOR = Duration.ofMillis(500);

  // virDomainXMLFlags
  private static final int INACTIVE = 2;

  private static final Memory MOST_ABOVE = Memory.ofMiB(1);

  /** A device model keeps some for its own: less than it was asked to have a guest may rest at. */
  private static final Memory MOST_BELOW = Memory.ofMiB(16);

  private XenBalloon() {}

  /** Give what a guest has at this instant. */
  static Memory has(Domain domain) throws LibvirtException {
    return Memory.ofKiB(domain.getInfo().memory);
  }

  /**
   * Look twice, half a second apart.
   *
   * @return a sentence that says how it moves; empty if it rests
   */
  static Optional<String> moves(Domain domain, String host) throws LibvirtException {
    var before = has(domain);
    Session.pause(STEADY_FOR);
    var now = has(domain);
    var asked = new DomainXml(domain.getXMLDesc(0)).memory();
    return rests(before, now, asked)
        ? Optional.empty()
        : Optional.of(
            "The memory of %s is changing on %s: it has %d MiB, and was asked to keep %d MiB."
                .formatted(domain.getName(), host, now.mib(), asked.mib()));
  }

  /**
   * Tell whether a guest is defined with what it is asked to keep now, and that is less than it is
   * to have.
   *
   * @param now the XML of what runs
   */
  static boolean isDefinedSmaller(Domain domain, String now, Memory target)
      throws LibvirtException {
    return domain.isPersistent() == 1
        && isSmaller(
            new DomainXml(domain.getXMLDesc(INACTIVE)).memory(),
            new DomainXml(now).memory(),
            target);
  }

  /** What somebody else defined it with is none of ours. */
  static boolean isSmaller(Memory defined, Memory asked, Memory target) {
    return defined.equals(asked) && asked.compareTo(target) < 0;
  }

  static boolean rests(Memory before, Memory now, Memory asked) {
    return now.equals(before)
        && now.compareTo(asked.plus(MOST_ABOVE)) <= 0
        && now.plus(MOST_BELOW).compareTo(asked) >= 0;
  }
}
