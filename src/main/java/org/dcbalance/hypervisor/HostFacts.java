package org.dcbalance.hypervisor;

import java.util.Map;
import java.util.UUID;
import org.dcbalance.units.Memory;

/**
 * Describe a host as its hypervisor does.
 *
 * @param uuid the host's own UUID: two names with one UUID are one host
 * @param hostName the name that the host gives itself
 * @param hypervisor "QEMU", "Xen" or "Simulated"
 * @param hypervisorVersion such as "7.2.19"
 * @param libraryVersion the libvirt daemon's version, such as "9.0.0"
 * @param cpuModel such as "x86_64"
 * @param cores logical CPUs
 * @param memory total memory
 * @param missing what the host cannot do, each with the reason in words; all other capabilities it
 *     has
 */
public record HostFacts(
    UUID uuid,
    String hostName,
    String hypervisor,
    String hypervisorVersion,
    String libraryVersion,
    String cpuModel,
    int cores,
    Memory memory,
    Map<Capability, String> missing) {
  public HostFacts {
    missing = Map.copyOf(missing);
  }

  public boolean can(Capability capability) {
    return !missing.containsKey(capability);
  }
}
