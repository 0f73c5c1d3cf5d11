package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.units.Memory;
import org.libvirt.LibvirtException;

/** Read the counters of all guests in one call (QEMU). */
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

  BulkLoadReader(HostLink link, DirtyRates dirtyRates) {
    this.link = link;
    this.dirtyRates = dirtyRates;
  }

  @Override
  public LoadReading read() {
    return link.call("report its load", this::read);
  }

  private LoadReading read(OpenConnection connection) throws LibvirtException {
    var library = connection.library();
    var records = new PointerByReference();
    var at = Instant.now();
    long monotonic = System.nanoTime();
    var groups = STATE | CPU | BALLOON | VCPU | INTERFACE | BLOCK | DIRTY_RATE;
    int count =
        connection.checked(
            library.virConnectGetAllDomainStats(
                connection.pointer(), groups, records, ACTIVE | NOWAIT));
    var guests = new ArrayList<GuestCounters>();
    var running = new ArrayList<UUID>();
    try {
      for (int i = 0; i < count; i++) {
        // struct virDomainStatsRecord: virDomainPtr dom; virTypedParameterPtr params; int nparams
        var record = records.getValue().getPointer((long) i * Long.BYTES);
        var values = TypedParameters.read(record.getPointer(8), record.getInt(16));
        var uuid = uuid(library, record.getPointer(0));
        running.add(uuid);
        new BulkStats(values).counters(uuid, dirtyRates, at).ifPresent(guests::add);
      }
    } finally {
      library.virDomainStatsRecordListFree(records.getValue());
    }
    // those that are left out are there, and their last measurement must not count as new later
    dirtyRates.keepOnly(running);
    return new LoadReading(at, monotonic, host(connection), guests);
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
