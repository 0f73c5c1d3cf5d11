package org.dcbalance.migration;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.Memory;

/** The files of a {@link FaultyHost}: all in one folder, which is a storage pool. */
final class FaultyDisks implements DiskStorage {
  static final String FOLDER = "/var/lib/images/";

  final Map<UUID, LocalDisk> ofGuests = new ConcurrentHashMap<>();
  final Set<String> files = ConcurrentHashMap.newKeySet();
  volatile Memory available = Memory.ofGiB(10);

  /** Refuses to remove files. */
  volatile boolean keeps;

  private final FaultyHost host;

  FaultyDisks(FaultyHost host) {
    this.host = host;
  }

  @Override
  public List<LocalDisk> read(UUID guest, List<String> targets) {
    host.facts();
    var disk = ofGuests.get(guest);
    return disk == null ? List.of() : List.of(disk);
  }

  @Override
  public Place place(String path) {
    host.facts();
    return path.startsWith(FOLDER)
        ? new Place("images", available, files.contains(path))
        : Place.none();
  }

  @Override
  public void remove(String path) {
    host.facts();
    if (keeps) {
      throw new HypervisorException(Kind.FAILED, path + " is still on " + host.name() + ".", null);
    }
    files.remove(path);
  }
}
