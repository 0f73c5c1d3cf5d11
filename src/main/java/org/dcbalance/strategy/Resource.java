package org.dcbalance.strategy;

/**
 * Name what is balanced, and what it counts for.
 *
 * <p>Hosts do not tell how fast their networks and disks are, so traffic is weighed against a fixed
 * reference and counts for little.
 */
enum Resource {
  CPU("CPU", 1.0),
  MEMORY("memory", 0.5),
  NETWORK("network", 0.25),
  DISK("disk", 0.25);

  /** What a point above a threshold counts for, CPU and memory alike. */
  static final double OVERLOAD_WEIGHT = 4;

  /** 10 Gbit/s. */
  private static final double NETWORK_REFERENCE = 1.25e9;

  private static final double DISK_REFERENCE = 1e9;

  private final String words;
  private final double spreadWeight;

  Resource(String words, double spreadWeight) {
    this.words = words;
    this.spreadWeight = spreadWeight;
  }

  String words() {
    return words;
  }

  double spreadWeight() {
    return spreadWeight;
  }

  /** Tell how much of it a load is, in its own unit. */
  double amount(Load load) {
    return switch (this) {
      case CPU -> load.cpuCores();
      case MEMORY -> load.memory().bytes();
      case NETWORK -> load.network().bytesPerSecond();
      case DISK -> load.disk().bytesPerSecond();
    };
  }

  /** Tell how much of it makes a share of 1 on a host. */
  double capacity(HostLoad host) {
    return switch (this) {
      case CPU -> host.cores();
      case MEMORY -> host.memory().bytes();
      case NETWORK -> NETWORK_REFERENCE;
      case DISK -> DISK_REFERENCE;
    };
  }

  /** Give the share above which a host is overloaded; infinite where there is no threshold. */
  double threshold(Limits limits) {
    return switch (this) {
      case CPU -> limits.cpuThreshold();
      case MEMORY -> limits.memoryThreshold();
      case NETWORK, DISK -> Double.POSITIVE_INFINITY;
    };
  }
}
