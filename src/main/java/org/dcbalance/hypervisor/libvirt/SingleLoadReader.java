package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.GuestStatus.Job;
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
  private static final UUID DOMAIN_0 = new UUID(0, 0);

  private final HostLink link;
  private final Predicate<UUID> ourJob;
  private final Map<Integer, Devices> devices = new HashMap<>();
  private final Map<Integer, Traffic> traffic = new HashMap<>();
  private Map<Integer, Duration> lastCpu = Map.of();
  private Duration hostBusy = Duration.ZERO;

  /** The names by which a running domain's counters are asked for; they hold as long as its id. */
  private record Devices(UUID uuid, List<String> interfaces, List<String> disks) {}

  /** Bytes since the domain came to this host. */
  private record Traffic(long received, long sent, long read, long written) {
    static final Traffic NONE = new Traffic(0, 0, 0, 0);
  }

  /**
   * Read a host's load.
   *
   * @param ourJob tells whether a guest is in a job that this process began
   */
  SingleLoadReader(HostLink link, Predicate<UUID> ourJob) {
    this.link = link;
    this.ourJob = ourJob;
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
    traffic.keySet().retainAll(cpu.keySet());
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
      if (!busy(connection, names)) {
        try {
          traffic.put(id, traffic(domain, names));
        } catch (LibvirtException e) {
          if (!LibvirtFailure.of(e).refuses()) {
            throw e;
          }
          // libxl counts nothing of a disk that QEMU serves, and devices are taken out: neither may
          // cost what is told of all others
          devices.put(id, told(domain, devices(domain)));
        }
      }
      var moved = traffic.getOrDefault(id, Traffic.NONE);
      return new GuestCounters(
          names.uuid,
          time,
          info.nrVirtCpu,
          Memory.ofKiB(info.memory),
          null,
          moved.received,
          moved.sent,
          moved.read,
          moved.written,
          null);
    } finally {
      domain.free();
    }
  }

  /**
   * Interfaces and disks of a guest with a job are answered when the job is over, half a minute
   * later or never; everything else of the host would wait behind that question.
   */
  private boolean busy(OpenConnection connection, Devices guest) {
    if ((guest.interfaces.isEmpty() && guest.disks.isEmpty()) || ourJob.test(guest.uuid)) {
      return true;
    }
    try (var ref = connection.ref(guest.uuid)) {
      return StatusReading.job(connection, ref) != Job.NONE;
    }
  }

  private static Devices told(Domain domain, Devices names) throws LibvirtException {
    return new Devices(
        names.uuid,
        told(names.interfaces, domain::interfaceStats),
        told(names.disks, domain::blockStats));
  }

  /** Asks for a device's counters. */
  interface Question {
    Object about(String device) throws LibvirtException;
  }

  /**
   * Leave out the devices of which the host says that it tells nothing.
   *
   * @throws LibvirtException if it did not answer in time, or the guest or the connection is gone
   */
  static List<String> told(List<String> devices, Question question) throws LibvirtException {
    var told = new ArrayList<String>();
    for (var device : devices) {
      try {
        question.about(device);
        told.add(device);
      } catch (LibvirtException e) {
        if (!LibvirtFailure.of(e).refuses()) {
          throw e;
        }
      }
    }
    return told;
  }

  private static Traffic traffic(Domain domain, Devices names) throws LibvirtException {
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
    return new Traffic(received, sent, read, written);
  }

  private static Devices devices(Domain domain) throws LibvirtException {
    var uuid = UUID.fromString(domain.getUUIDString());
    if (uuid.equals(DOMAIN_0)) {
      return new Devices(uuid, List.of(), List.of());
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
