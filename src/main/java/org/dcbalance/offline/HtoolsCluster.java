package org.dcbalance.offline;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hold a cluster as Ganeti's htools describe it in text: memory and disk in MiB, in the order of
 * the file.
 */
record HtoolsCluster(
    List<Node> nodes, List<Instance> instances, double vcpuRatio, double spindleRatio) {
  HtoolsCluster {
    nodes = List.copyOf(nodes);
    instances = List.copyOf(instances);
  }

  /**
   * Describe a host.
   *
   * @param total all memory
   * @param own memory that the host uses for itself
   * @param free memory that it reports as free
   * @param ownCpus CPUs that it keeps for itself
   * @param speed its CPUs' speed as a multiple of the others'
   * @param offline whether it takes part in nothing, and everything on it had better leave
   */
  record Node(
      String name,
      long total,
      long own,
      long free,
      long totalDisk,
      long freeDisk,
      long cpus,
      boolean offline,
      long spindles,
      long ownCpus,
      double speed,
      SourceLine line) {}

  /**
   * Describe a virtual machine.
   *
   * @param primary index of the node that it runs on
   * @param secondary index of the node that holds its mirror, -1 if none does
   * @param exclusionTags tags that no two instances on one node should share
   * @param load its load as shares of a host
   */
  record Instance(
      String name,
      long memory,
      long disk,
      long vcpus,
      String status,
      boolean autoBalance,
      int primary,
      int secondary,
      String template,
      List<String> exclusionTags,
      long spindles,
      Load load,
      SourceLine line) {
    /** Templates whose data every node reaches, so that the instance can go to any of them. */
    private static final Set<String> SHARED =
        Set.of("diskless", "sharedfile", "blockdev", "rbd", "ext", "gluster");

    private static final Set<String> DOWN =
        Set.of("ADMIN_down", "ADMIN_offline", "ERROR_down", "USER_down");

    boolean usesMemory() {
      return !DOWN.contains(status);
    }

    boolean usesCpu() {
      return !status.equals("ADMIN_offline");
    }

    /** Tell whether its mirror has memory kept free for it. */
    boolean reservesMemory() {
      return autoBalance && usesCpu();
    }

    boolean usesLocalDisk() {
      return template.equals("drbd") || template.equals("plain");
    }

    /** Say why it stays where it is; null if it may go anywhere. */
    @Nullable String tied() {
      if (!autoBalance) {
        return "It is marked as not to be balanced.";
      }
      return SHARED.contains(template)
          ? null
          : "Its disks (" + template + ") are on its hosts, so that it cannot go to others.";
    }
  }

  /** Load in shares of a host: CPU, memory, disk, network. */
  record Load(double cpu, double memory, double disk, double network) {
    /** What counts for an instance of which no load is known. */
    static final Load UNKNOWN = new Load(1, 1, 1, 1);
  }

  int[] placement() {
    var placement = new int[instances.size()];
    for (int i = 0; i < placement.length; i++) {
      placement[i] = instances.get(i).primary();
    }
    return placement;
  }
}
