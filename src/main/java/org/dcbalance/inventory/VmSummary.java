package org.dcbalance.inventory;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Know of a virtual machine what many are searched and sorted by; its disks, devices and CPU model
 * take far longer to read.
 */
public record VmSummary(
    VmId id,
    String name,
    UUID uuid,
    HostId hostId,
    List<String> addresses,
    int vcpus,
    Memory memory,
    @Nullable Instant lastMovedAt) {

  /** Take it from its columns. */
  public VmSummary(
      Long id,
      String name,
      UUID uuid,
      long hostId,
      List<String> addresses,
      int vcpus,
      long memoryBytes,
      @Nullable Instant lastMovedAt) {
    this(
        new VmId(id),
        name,
        uuid,
        new HostId(hostId),
        addresses,
        vcpus,
        new Memory(memoryBytes),
        lastMovedAt);
  }
}
