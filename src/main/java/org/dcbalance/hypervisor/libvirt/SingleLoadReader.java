package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Read the counters guest by guest (Xen, whose driver has neither bulk statistics nor the host's
 * own CPU time). The host's CPU time is added up from what all domains, Domain-0 included, used
 * between two readings, so that it does not fall when a guest leaves.
 */
final class SingleLoadReader implements LoadReader {
  // VIR_CONNECT_LIST_DOMAINS_ACTIVE
  private static final int ACTIVE = 1;
  private static final UUID DOMAIN_0 = new UUID(0, 0);

  private final HostLink link;
  private final Map<Integer, Devices> devices = new HashMap<>();
  private Map<Integer, Duration> lastCpu = Map.of();
  private Duration hostBusy = Duration.ZERO;

  /** The names by which a running domain's counters are asked for; they hold as long as its id. */
  private record Devices(
      UUID uuid, java.util.List<String> interfaces, java.util.List<String> disks) {}

  SingleLoadReader(HostLink link) {
    this.link = link;
  }

  @Override
  public synchronized LoadReading read() {
    var at = Instant.now();
    long monotonic = System.nanoTime();
    var cpu = new HashMap<Integer, Duration>();
    var guests = new ArrayList<GuestCounters>();
    for (int id : link.call("list its guests", connection -> connection.listDomains())) {
      var counters = counters(id, cpu);
      if (counters != null && !counters.uuid().equals(DOMAIN_0)) {
        guests.add(counters);
      }
    }
    devices.keySet().retainAll(cpu.keySet());
    cpu.forEach(
        (id, time) -> {
          var grown =
              time.minus(lastCpu.getOrDefault(id, lastCpu.isEmpty() ? time : Duration.ZERO));
          hostBusy = grown.isNegative() ? hostBusy : hostBusy.plus(grown);
        });
    lastCpu = cpu;
    return new LoadReading(at, monotonic, link.call("report its memory", this::host), guests);
  }

  private HostCounters host(OpenConnection connection) throws LibvirtException {
    var info = connection.nodeInfo();
    var total = Memory.ofKiB(info.memory);
    return new HostCounters(
        hostBusy, info.cpus, total.minus(new Memory(connection.getFreeMemory())), total);
  }

  private @Nullable GuestCounters counters(int id, Map<Integer, Duration> cpu) {
    try {
      return link.call("report a guest's load", connection -> counters(connection, id, cpu));
    } catch (HypervisorException e) {
      if (e.kind() == Kind.NO_SUCH_GUEST) {
        return null;
      }
      throw e;
    }
  }

  private GuestCounters counters(OpenConnection connection, int id, Map<Integer, Duration> cpu)
      throws LibvirtException {
    var domain = connection.domainLookupByID(id);
    try {
      var info = domain.getInfo();
      var time = Duration.ofNanos(info.cpuTime);
      cpu.put(id, time);
      var names = devices.get(id);
      if (names == null) {
        names = devices(domain);
        devices.put(id, names);
      }
      long received = 0;
      long sent = 0;
      for (var device : names.interfaces) {
        var stats = domain.interfaceStats(device);
        received += stats.rx_bytes;
        sent += stats.tx_bytes;
      }
      long read = 0;
      long written = 0;
      for (var disk : names.disks) {
        var stats = domain.blockStats(disk);
        read += stats.rd_bytes;
        written += stats.wr_bytes;
      }
      return new GuestCounters(
          names.uuid,
          time,
          info.nrVirtCpu,
          Memory.ofKiB(info.memory),
          null,
          received,
          sent,
          read,
          written,
          null);
    } finally {
      domain.free();
    }
  }

  private static Devices devices(Domain domain) throws LibvirtException {
    var uuid = UUID.fromString(domain.getUUIDString());
    if (uuid.equals(DOMAIN_0)) {
      return new Devices(uuid, java.util.List.of(), java.util.List.of());
    }
    var xml = new DomainXml(domain.getXMLDesc(0));
    return new Devices(
        uuid,
        xml.interfaceDevices(),
        xml.disks().stream()
            .filter(disk -> !disk.medium() && !disk.source().isEmpty())
            .map(disk -> disk.target())
            .toList());
  }
}
