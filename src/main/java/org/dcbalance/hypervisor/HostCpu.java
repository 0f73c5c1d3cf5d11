package org.dcbalance.hypervisor;

import java.util.List;

/**
 * Tell a host's processor from others, in its hypervisor's words.
 *
 * @param model such as "Skylake-Server-IBRS"
 * @param vendor such as "Intel"
 * @param signature its family, model and stepping, such as "6-85-4"; empty if that is not told
 * @param features what it has beside its model, in the order of their names
 */
public record HostCpu(String model, String vendor, String signature, List<String> features) {
  public HostCpu {
    features = List.copyOf(features);
  }
}
