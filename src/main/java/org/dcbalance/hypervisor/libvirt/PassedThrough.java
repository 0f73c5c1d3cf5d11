package org.dcbalance.hypervisor.libvirt;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.HostCpu;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/**
 * Compare processors that KVM passes through to guests. libvirt compares nothing then
 * (formatdomain, "host-passthrough"): the guest is moved, goes on to use what it found when it
 * started, and crashes where that is missing.
 */
final class PassedThrough {
  private static final Set<String> MODES = Set.of("host-passthrough", "maximum");
  private static final int NAMED = 4;
  private static final String ADVICE =
      ". Maybe give the guest a CPU model that both hosts have, which takes a restart of it";

  private PassedThrough() {}

  /** Tell whether a guest sees its host's processor as it is; an emulated one is alike anywhere. */
  static boolean is(GuestCpu cpu) {
    return cpu.virtType().equals("kvm")
        && !cpu.xml().isEmpty()
        && MODES.contains(Xml.parse(cpu.xml()).getAttribute("mode"));
  }

  /** Read the processor of a host; null if libvirt has no name for it. */
  static @Nullable HostCpu of(OpenConnection connection) throws LibvirtException {
    return in(connection.getCapabilities());
  }

  /** Find the processor in what virConnectGetCapabilities gives. */
  static @Nullable HostCpu in(String capabilities) {
    var cpu = Xml.at(Xml.parse(capabilities), "host/cpu");
    var model = Xml.text(cpu, "model");
    if (model.isEmpty()) {
      return null;
    }
    var signature = Xml.at(cpu, "signature");
    return new HostCpu(
        model,
        Xml.text(cpu, "vendor"),
        signature == null
            ? ""
            : signature.getAttribute("family")
                + "-"
                + signature.getAttribute("model")
                + "-"
                + signature.getAttribute("stepping"),
        Xml.children(cpu, "feature").stream()
            .map(feature -> feature.getAttribute("name"))
            .sorted()
            .distinct()
            .toList());
  }

  /**
   * Judge whether a guest goes on as it is.
   *
   * @param guests the processor that it sees
   * @param own that of the host in question
   */
  static CpuFit fit(@Nullable HostCpu guests, @Nullable HostCpu own) {
    if (guests == null || own == null) {
      var unknown =
          guests == null
              ? "which libvirt has no name for, or was not read yet"
              : "since libvirt cannot name it";
      return new CpuFit.Lacks(
          "is not known to be the one that is passed through to the guest, " + unknown + ADVICE);
    }
    var differences = differences(guests, own);
    return differences.isEmpty()
        ? new CpuFit.Fits()
        : new CpuFit.Lacks(
            "is not the one that is passed through to the guest ("
                + String.join(", ", differences)
                + ")"
                + ADVICE);
  }

  private static List<String> differences(HostCpu guests, HostCpu own) {
    var all = new ArrayList<String>();
    if (!own.vendor().equals(guests.vendor())) {
      all.add("vendor " + own.vendor() + " instead of " + guests.vendor());
    }
    if (!own.model().equals(guests.model())) {
      // features are told beside the model, so those of two models are not to be compared
      all.add("model " + own.model() + " instead of " + guests.model());
      return all;
    }
    // libvirt tells none of other architectures
    if (!own.signature().equals(guests.signature())
        && !own.signature().isEmpty()
        && !guests.signature().isEmpty()) {
      all.add("signature " + own.signature() + " instead of " + guests.signature());
    }
    var lacking = beyond(guests.features(), own.features());
    if (!lacking.isEmpty()) {
      all.add("without " + named(lacking));
    }
    var more = beyond(own.features(), guests.features());
    if (!more.isEmpty()) {
      all.add("with " + named(more) + " besides");
    }
    return all;
  }

  private static List<String> beyond(List<String> these, List<String> those) {
    return these.stream().filter(feature -> !those.contains(feature)).toList();
  }

  private static String named(List<String> features) {
    var names = features.stream().limit(NAMED).collect(Collectors.joining(" and "));
    int more = features.size() - NAMED;
    return more > 0 ? names + " and " + more + " more" : names;
  }
}
