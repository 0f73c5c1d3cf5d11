package org.dcbalance.hypervisor.simulated;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.units.Memory;

/**
 * The hosts and guests that a new simulated pool starts with: the first host is hot, the others are
 * not. On the hot one a guest is tied by a device, and another writes memory faster than the link
 * can carry it.
 */
final class Fleet {
  static final List<String> HOSTS = List.of("sim-01", "sim-02", "sim-03", "sim-04");
  static final int CORES = 16;
  static final Memory MEMORY = Memory.ofGiB(64);
  static final String SHARED = "/srv/shared";
  private static final String LOCAL = "/var/lib/local";

  private final long seed;
  private final List<GuestPlan> guests = new ArrayList<>();

  private Fleet(long seed) {
    this.seed = seed;
  }

  static List<GuestPlan> standard(long seed) {
    var fleet = new Fleet(seed);
    fleet.fill();
    return List.copyOf(fleet.guests);
  }

  // name, vCPUs, memory, busy share, hour of its peak, dirty MiB/s, working set, network, disk
  private void fill() {
    add("sim-01", "web-01", 4, 4096, 0.62, 13, 24, 220, 6, 0.5);
    add("sim-01", "web-02", 4, 4096, 0.58, 15, 22, 210, 5, 0.5);
    add("sim-01", "cache-01", 2, 6144, 0.45, 14, 60, 900, 9, 0.1);
    add("sim-01", "ci-01", 4, 4096, 0.85, 2, 45, 400, 1, 9);
    tied("sim-01", "db-01", 4, 8192, 0.70, 3, 70, 1200, 4, 12);
    add("sim-01", "analytics-01", 4, 8192, 0.75, 1, 420, 3500, 2, 6);

    add("sim-02", "app-01", 4, 4096, 0.50, 12, 30, 300, 3, 0.6);
    add("sim-02", "app-02", 4, 4096, 0.45, 14, 28, 280, 3, 0.6);
    add("sim-02", "db-02", 4, 8192, 0.40, 11, 55, 1000, 3, 8);
    add("sim-02", "mail-01", 2, 2048, 0.30, 9, 8, 90, 1, 1.5);
    local("sim-02", "backup-01", 2, 2048, 0.25, 1, 12, 150, 2, 20);
    add("sim-02", "dns-01", 1, 1024, 0.10, 12, 1, 20, 0.2, 0.05);

    add("sim-03", "web-03", 4, 4096, 0.40, 13, 20, 200, 5, 0.4);
    add("sim-03", "web-04", 4, 4096, 0.38, 15, 20, 190, 5, 0.4);
    add("sim-03", "queue-01", 2, 3072, 0.50, 12, 35, 260, 4, 2);
    add("sim-03", "monitor-01", 2, 4096, 0.45, 0, 18, 350, 2, 4);
    add("sim-03", "build-01", 4, 6144, 0.30, 10, 40, 500, 1, 7);
    add("sim-03", "ldap-01", 1, 1024, 0.12, 9, 2, 30, 0.3, 0.1);

    add("sim-04", "db-03", 4, 8192, 0.35, 11, 45, 900, 3, 6);
    add("sim-04", "search-01", 4, 6144, 0.40, 14, 50, 800, 3, 3);
    add("sim-04", "ci-02", 4, 4096, 0.25, 10, 30, 350, 1, 5);
    add("sim-04", "win-01", 2, 6144, 0.30, 10, 15, 250, 0.8, 1);
    add("sim-04", "files-01", 2, 2048, 0.20, 11, 6, 80, 4, 5);
    add("sim-04", "vpn-01", 1, 1024, 0.15, 20, 2, 20, 3, 0.05);
  }

  private void add(
      String host,
      String name,
      int vcpus,
      int memory,
      double busy,
      double peak,
      double dirty,
      int workingSet,
      double network,
      double disk) {
    add(host, name, vcpus, memory, busy, peak, dirty, workingSet, network, disk, SHARED, List.of());
  }

  private void local(
      String host,
      String name,
      int vcpus,
      int memory,
      double busy,
      double peak,
      double dirty,
      int workingSet,
      double network,
      double disk) {
    add(host, name, vcpus, memory, busy, peak, dirty, workingSet, network, disk, LOCAL, List.of());
  }

  private void tied(
      String host,
      String name,
      int vcpus,
      int memory,
      double busy,
      double peak,
      double dirty,
      int workingSet,
      double network,
      double disk) {
    var device =
        new Guest.Tie(Guest.Tie.Kind.PASSED_THROUGH_DEVICE, "PCI device 0000:3b:00.0 (NVMe)");
    add(
        host,
        name,
        vcpus,
        memory,
        busy,
        peak,
        dirty,
        workingSet,
        network,
        disk,
        SHARED,
        List.of(device));
  }

  private void add(
      String host,
      String name,
      int vcpus,
      int memory,
      double busy,
      double peak,
      double dirty,
      int workingSet,
      double network,
      double disk,
      String storage,
      List<Guest.Tie> ties) {
    var pattern = new LoadPattern(seed * 1_000_003 + name.hashCode(), busy, 0.05, peak, 0.08);
    var osType = vcpus == 1 ? "xenpvh" : "hvm";
    guests.add(
        new GuestPlan(
            name,
            host,
            osType,
            vcpus,
            memory,
            pattern,
            0.8,
            dirty,
            workingSet,
            network,
            disk,
            storage,
            ties));
  }
}
