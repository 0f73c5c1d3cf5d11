package org.dcbalance.hypervisor.simulated;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.units.Memory;

/** One host: its power, its link, and what it knows of finished migrations. */
final class SimulatedHost {
  /** Memory that the host needs for itself, in MiB. */
  static final int OWN_MEMORY_MIB = 1536;

  /** CPU that the host needs for itself, and for each migration at either end, in cores. */
  static final double OWN_CORES = 0.4;

  static final double CORES_PER_MIGRATION = 0.25;

  /** A quarter of a 10 Gbit/s link, in MiB/s: a guest of 4 GiB takes ten to twenty seconds. */
  static final double LINK = 300;

  private final HostPlan plan;
  private boolean up = true;
  private boolean reachable = true;
  private double link = LINK;
  private double busySeconds;
  private final Map<UUID, MigrationFigures> sent = new HashMap<>();
  private final Map<UUID, MigrationFigures> received = new HashMap<>();
  private final List<Listener> listeners = new ArrayList<>();

  /** Be told of events on a host. */
  interface Listener {
    void on(HypervisorEvent event);
  }

  SimulatedHost(HostPlan plan) {
    this.plan = plan;
  }

  String name() {
    return plan.name();
  }

  int cores() {
    return plan.cores();
  }

  Memory memory() {
    return plan.memory();
  }

  UUID uuid() {
    return UUID.nameUUIDFromBytes(("simulated host " + name()).getBytes(StandardCharsets.UTF_8));
  }

  boolean up() {
    return up;
  }

  void up(boolean nowUp) {
    up = nowUp;
    if (!nowUp) {
      busySeconds = 0;
      sent.clear();
      received.clear();
    }
  }

  boolean reachable() {
    return up && reachable;
  }

  void reachable(boolean nowReachable) {
    reachable = nowReachable;
  }

  double link() {
    return link;
  }

  void link(double mibPerSecond) {
    link = mibPerSecond;
  }

  void work(double time, double cores) {
    busySeconds += cores * time;
  }

  double busySeconds() {
    return busySeconds;
  }

  Map<UUID, MigrationFigures> sent() {
    return sent;
  }

  Map<UUID, MigrationFigures> received() {
    return received;
  }

  List<Listener> listeners() {
    return listeners;
  }
}
