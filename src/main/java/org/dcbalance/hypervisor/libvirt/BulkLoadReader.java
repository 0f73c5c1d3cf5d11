package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.CopiedDisks;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/**
 * Read the counters of all guests in one call (QEMU); those of their disks in another one while a
 * guest's disks are copied. For disk counters libvirt asks QEMU for all images that it has open,
 * and QEMU 7.2 crashes if that comes in the instant in which a copy ends.
 */
final class BulkLoadReader implements LoadReader {
  // virDomainStatsTypes
  static final int STATE = 1;
  static final int DIRTY_RATE = 1 << 9;
  private static final int CPU = 1 << 1;
  private static final int BALLOON = 1 << 2;
  private static final int VCPU = 1 << 3;
  private static final int INTERFACE = 1 << 4;
  private static final int BLOCK = 1 << 5;

  // virConnectGetAllDomainStatsFlags
  static final int ACTIVE = 1;
  private static final int NOWAIT = 1 << 29;
  static final int ENFORCE = 1 << 31;

  private final HostLink link;
  private final DirtyRates dirtyRates;
  private final CopiedDisks copiedDisks;

  BulkLoadReader(HostLink link, DirtyRates dirtyRates, CopiedDisks copiedDisks) {
    this.link = link;
    this.dirtyRates = dirtyRates;
    this.copiedDisks = copiedDisks;
  }

  @Override
  public LoadReading read() {
    // not before: the call may have to connect, or to wait for others, while a copy begins and ends
    return link.call("report its load", connection -> read(connection, copiedDisks.guests()));
  }

  /** What libvirt tells of a guest; the domain is there for as long as the records are. */
  private record Stats(Pointer domain, UUID uuid, TypedParameters values) {
    Stats with(TypedParameters more) {
      var both = new HashMap<>(values.values());
      both.putAll(more.values());
      return new Stats(domain, uuid, new TypedParameters(both));
    }
  }

  private LoadReading read(OpenConnection connection, Set<UUID> copied) throws LibvirtException {
    var library = connection.library();
    var records = new PointerByReference();
    var at = Instant.now();
    long monotonic = System.nanoTime();
    var groups = STATE | CPU | BALLOON | VCPU | INTERFACE | DIRTY_RATE;
    int count =
        connection.checked(
            library.virConnectGetAllDomainStats(
                connection.pointer(),
                copied.isEmpty() ? groups | BLOCK : groups,
                records,
                ACTIVE | NOWAIT));
    var guests = new ArrayList<GuestCounters>();
    var running = new ArrayList<UUID>();
    try {
      var all = list(library, records, count);
      all.forEach(guest -> running.add(guest.uuid()));
      for (var guest : copied.isEmpty() ? all : withDisks(connection, all, copied)) {
        new BulkStats(guest.values()).counters(guest.uuid(), dirtyRates, at).ifPresent(guests::add);
      }
    } finally {
      library.virDomainStatsRecordListFree(records.getValue());
    }
    // those that are left out are there, and their last measurement must not count as new later
    dirtyRates.keepOnly(running);
    return new LoadReading(at, monotonic, host(connection), guests);
  }

  private static List<Stats> list(NativeLibvirt library, PointerByReference records, int count) {
    var all = new ArrayList<Stats>();
    for (int i = 0; i < count; i++) {
      // struct virDomainStatsRecord: virDomainPtr dom; virTypedParameterPtr params; int nparams
      var record = records.getValue().getPointer((long) i * Long.BYTES);
      var domain = record.getPointer(0);
      all.add(
          new Stats(
              domain,
              uuid(library, domain),
              TypedParameters.read(record.getPointer(8), record.getInt(16))));
    }
    return all;
  }

  /** Add the disk counters, which are read apart; guests that tell none are left out. */
  private static List<Stats> withDisks(
      OpenConnection connection, List<Stats> all, Set<UUID> copied) {
    var disks = disks(connection, all, copied);
    var whole = new ArrayList<Stats>();
    for (var guest : all) {
      var own = disks.get(guest.uuid());
      if (own != null) {
        whole.add(guest.with(own));
      }
    }
    return whole;
  }

  /** Give the disk counters of each guest that told them. */
  private static Map<UUID, TypedParameters> disks(
      OpenConnection connection, List<Stats> all, Set<UUID> copied) {
    var found = new HashMap<UUID, TypedParameters>();
    var others = new ArrayList<Pointer>();
    for (var guest : all) {
      if (copied.contains(guest.uuid())) {
        var sum = sum(connection, guest.uuid());
        if (sum != null) {
          found.put(guest.uuid(), sum);
        }
      } else {
        others.add(guest.domain());
      }
    }
    if (others.isEmpty()) {
      return found;
    }
    var library = connection.library();
    var records = new PointerByReference();
    int count =
        connection.checked(
            library.virDomainListGetStats(others.toArray(new Pointer[0]), BLOCK, records, NOWAIT));
    try {
      list(library, records, count).forEach(guest -> found.put(guest.uuid(), guest.values()));
    } finally {
      library.virDomainStatsRecordListFree(records.getValue());
    }
    return found;
  }

  /**
   * Read what a guest's disks did altogether, for which libvirt asks QEMU for counters alone.
   *
   * @return null if it is not there any more, or has a job, behind which the question would wait
   */
  private static @Nullable TypedParameters sum(OpenConnection connection, UUID guest) {
    try (var ref = connection.ref(guest)) {
      if (StatusReading.job(connection, ref) != Job.NONE) {
        return null;
      }
      var domain = connection.domain(guest);
      try {
        var counters = domain.blockStats("");
        return new TypedParameters(
            Map.of(
                "block.count", 1L,
                "block.0.rd.bytes", counters.rd_bytes,
                "block.0.wr.bytes", counters.wr_bytes));
      } finally {
        domain.free();
      }
    } catch (LibvirtException | LibvirtFailure e) {
      return null;
    }
  }

  private static HostCounters host(OpenConnection connection) throws LibvirtException {
    var memory = NodeStats.memory(connection);
    long total = memory.getOrDefault("total", 0L);
    long available =
        memory.getOrDefault("free", 0L)
            + memory.getOrDefault("buffers", 0L)
            + memory.getOrDefault("cached", 0L);
    return new HostCounters(
        NodeStats.cpu(connection).busy(),
        connection.nodeInfo().cpus,
        Memory.ofKiB(Math.max(0, total - available)),
        Memory.ofKiB(total));
  }

  private static UUID uuid(NativeLibvirt library, Pointer domain) {
    var text = new byte[37];
    library.virDomainGetUUIDString(domain, text);
    return UUID.fromString(new String(text, 0, 36, StandardCharsets.US_ASCII));
  }
}
