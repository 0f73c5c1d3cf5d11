package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.ptr.PointerByReference;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/** Read what a host is, and find out what it can do by calls that change nothing. */
final class FactsReading {
  private static final int KEEP_COMPLETED_SINCE = 6_000_000;
  // disks by node, which overlays on frozen disks are taken off by
  private static final int CAPTURE_SINCE = 6_000_000;
  private static final int PARALLEL_SINCE = 5_002_000;
  private static final String XEN = "Xen's toolstack has no call to ";

  private FactsReading() {}

  static HostFacts read(OpenConnection connection, boolean jobEvents) throws LibvirtException {
    var capabilities = Xml.parse(connection.getCapabilities());
    var info = connection.nodeInfo();
    var library = connection.getLibVersion();
    var type = connection.getType();
    boolean xen = type.equalsIgnoreCase("Xen");
    var arch = Xml.text(capabilities, "host/cpu/arch");
    var model = Xml.text(capabilities, "host/cpu/model");
    return new HostFacts(
        HostIdentity.read(connection, capabilities),
        connection.getHostName(),
        type,
        version(connection.getVersion()),
        version(library),
        model.isEmpty() ? info.model : arch + " " + model,
        info.cpus,
        xen ? Memory.ofKiB(info.memory) : memory(connection, info.memory),
        xen ? xen(connection) : qemu(connection, library, jobEvents));
  }

  /** Prefer the kernel's own account, which load readings are measured by, to the node's. */
  private static Memory memory(OpenConnection connection, long otherwise) {
    try {
      return Memory.ofKiB(NodeStats.memory(connection).getOrDefault("total", otherwise));
    } catch (LibvirtFailure e) {
      return Memory.ofKiB(otherwise);
    }
  }

  private static Map<Capability, String> qemu(
      OpenConnection connection, long library, boolean jobEvents) {
    var missing = new EnumMap<Capability, String>(Capability.class);
    var daemon = "its libvirt %s ".formatted(version(library));
    probe(missing, Capability.HOST_CPU, daemon, () -> NodeStats.cpu(connection));
    probe(missing, Capability.HOST_MEMORY, daemon, () -> NodeStats.memory(connection));
    probe(
        missing,
        Capability.BULK_STATISTICS,
        daemon,
        () -> stats(connection, BulkLoadReader.STATE, 0));
    probe(
        missing,
        Capability.DIRTY_RATE,
        daemon,
        // a guest that is shut off has no emulator that could, and would speak for the whole host
        () ->
            stats(
                connection,
                BulkLoadReader.DIRTY_RATE,
                BulkLoadReader.ENFORCE | BulkLoadReader.ACTIVE));
    if (!jobEvents) {
      missing.put(Capability.JOB_EVENTS, daemon + "sends no job-completed events");
    }
    if (library < KEEP_COMPLETED_SINCE) {
      missing.put(
          Capability.COMPLETED_STATISTICS,
          daemon + "forgets them when they are read (6.0 does not)");
    }
    missing.put(
        Capability.CPU_CAP,
        "QEMU slows a guest down by itself while it migrates (auto-converge), so it is not capped");
    if (library < CAPTURE_SINCE) {
      missing.put(Capability.CHECKPOINT, daemon + "is too old (6.0 can)");
      missing.put(Capability.LIVE_CHECKPOINT, daemon + "is too old (6.0 can)");
    }
    if (library < PARALLEL_SINCE) {
      missing.put(Capability.PARALLEL, daemon + "is too old (5.2 can)");
    }
    return missing;
  }

  private static void probe(
      Map<Capability, String> missing, Capability capability, String daemon, Runnable call) {
    try {
      call.run();
    } catch (LibvirtFailure e) {
      missing.put(capability, daemon + "says: " + e.said());
    }
  }

  private static void stats(OpenConnection connection, int groups, int flags) {
    var records = new PointerByReference();
    connection.checked(
        connection
            .library()
            .virConnectGetAllDomainStats(connection.pointer(), groups, records, flags));
    connection.library().virDomainStatsRecordListFree(records.getValue());
  }

  private static Map<Capability, String> xen(OpenConnection connection) {
    var missing = new EnumMap<Capability, String>(Capability.class);
    missing.put(Capability.ABORT, XEN + "abort a running migration");
    missing.put(Capability.MAX_DOWNTIME, XEN + "limit the pause of a migration");
    missing.put(Capability.BANDWIDTH_LIMIT, XEN + "limit the bandwidth of a migration");
    missing.put(Capability.AUTO_CONVERGE, XEN + "slow a guest down by itself");
    missing.put(Capability.POST_COPY, XEN + "switch a migration to post-copy");
    missing.put(Capability.PARALLEL, XEN + "use several connections for a migration");
    missing.put(Capability.COMPRESSION, XEN + "compress a migration");
    missing.put(Capability.ENCRYPTION, XEN + "encrypt a migration");
    missing.put(Capability.JOB_STATISTICS, "Xen's toolstack tells only how long a migration runs");
    missing.put(Capability.COMPLETED_STATISTICS, XEN + "report on a finished migration");
    missing.put(Capability.JOB_EVENTS, "Xen's toolstack sends no migration events");
    missing.put(Capability.DIRTY_RATE, XEN + "measure how fast memory changes");
    missing.put(
        Capability.LIVE_CHECKPOINT,
        "a Xen guest ends when it is saved, and is read back at once; one that writes to disks is not"
            + " saved, since Xen cannot freeze them");
    missing.put(Capability.DISK_COPY, XEN + "copy a guest's disks with it");
    missing.put(Capability.BULK_STATISTICS, XEN + "read all guests at once; they are read in turn");
    missing.put(
        Capability.HOST_CPU, XEN + "read the host's CPU time; that of its domains is added up");
    var noCap = noCap(connection);
    if (noCap != null) {
      missing.put(Capability.CPU_CAP, noCap);
    }
    return missing;
  }

  /** Not every scheduler caps guests: ask for the cap of the control domain, which has the same. */
  private static @Nullable String noCap(OpenConnection connection) {
    var scheduler = "its scheduler";
    try {
      var control = connection.domainLookupByID(0);
      try {
        scheduler += " '" + control.getSchedulerType() + "'";
        try (var ref = connection.ref(UUID.fromString(control.getUUIDString()))) {
          return GuestLevers.cap(connection, ref) == null ? scheduler + " caps no guests" : null;
        }
      } finally {
        control.free();
      }
    } catch (LibvirtFailure e) {
      return scheduler + " caps no guests: " + e.said();
    } catch (LibvirtException e) {
      return scheduler + " is not told: " + LibvirtFailure.of(e).said();
    }
  }

  /** Write libvirt's version number, major × 1,000,000 + minor × 1,000 + release. */
  static String version(long number) {
    return number <= 0
        ? "unknown"
        : "%d.%d.%d".formatted(number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
  }
}
