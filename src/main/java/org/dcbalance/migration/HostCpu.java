package org.dcbalance.migration;

import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.CpuTimes;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Host;
import org.jspecify.annotations.Nullable;

/** Measure what both hosts of a move spend while memory is copied: all that they do. */
final class HostCpu {
  private final HostPair pair;
  private final @Nullable CpuTimes source;
  private final @Nullable CpuTimes target;

  private HostCpu(HostPair pair) {
    this.pair = pair;
    this.source = read(pair.source(), pair::onSource);
    this.target = read(pair.target(), pair::onTarget);
  }

  static HostCpu from(HostPair pair) {
    return new HostCpu(pair);
  }

  /** What was spent; null where a host does not tell. */
  record Spent(@Nullable CpuTimes source, @Nullable CpuTimes target) {}

  Spent soFar() {
    return new Spent(
        since(source, read(pair.source(), pair::onSource)),
        since(target, read(pair.target(), pair::onTarget)));
  }

  private static @Nullable CpuTimes since(@Nullable CpuTimes begin, @Nullable CpuTimes now) {
    // a host that restarted counts anew
    return begin == null || now == null || now.busy().compareTo(begin.busy()) < 0
        ? null
        : now.since(begin);
  }

  private interface Connection {
    Hypervisor get();
  }

  private static @Nullable CpuTimes read(Host host, Connection connection) {
    if (!host.can(Capability.HOST_CPU)) {
      return null;
    }
    try {
      return connection.get().cpuTimes();
    } catch (HypervisorException silent) {
      // it is a figure, and no move waits for it
      return null;
    }
  }
}
