package org.dcbalance.inventory;

import java.util.List;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.units.VmId;

/** Know of a virtual machine which disks and networks it needs. */
public record VmAttachments(VmId id, String name, List<Guest.Disk> disks, List<String> networks) {

  /** Take it from its columns. */
  public VmAttachments(Long id, String name, List<Guest.Disk> disks, List<String> networks) {
    this(new VmId(id), name, disks, networks);
  }
}
