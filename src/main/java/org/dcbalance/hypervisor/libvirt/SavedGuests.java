package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.StateStorage.Fit;

/** Read what the memory of a captured guest says of it. */
final class SavedGuests {
  private static final int SECURE = 1;

  private final HostLink link;
  private final StorageVolumes volumes;

  SavedGuests(HostLink link, StorageVolumes volumes) {
    this.link = link;
    this.volumes = volumes;
  }

  /**
   * Give the XML that a guest had when its memory was written, passwords of its screens included.
   */
  static String xml(OpenConnection connection, String path) {
    var text =
        connection.library().virDomainSaveImageGetXMLDesc(connection.pointer(), path, SECURE);
    if (text == null) {
      throw connection.lastFailure();
    }
    try {
      return text.getString(0, "UTF-8");
    } finally {
      Native.free(Pointer.nativeValue(text));
    }
  }

  Fit fit(String pool, String memory) {
    volumes.requireMemory(pool, memory, SaveImage.MAGIC);
    return link.call(
        "tell whether it can run a captured guest",
        connection -> {
          var guest = new DomainXml(xml(connection, volumes.path(connection, pool, memory)));
          var networks = NetworkFitting.of(connection, guest);
          var lacks = new ArrayList<String>();
          var notes = new ArrayList<String>();
          switch (CpuFitting.read(connection, guest.cpu())) {
            case CpuFit.Fits() -> {}
            case CpuFit.Lacks(var reason) ->
                lacks.add("cannot run %s: its CPU %s".formatted(guest.name(), reason));
            case CpuFit.Untold() -> notes.add("could not tell whether its CPU fits");
          }
          lacks.addAll(networks.lacks());
          notes.addAll(networks.notes());
          return new Fit(guest.memory(), lacks, notes);
        });
  }
}
