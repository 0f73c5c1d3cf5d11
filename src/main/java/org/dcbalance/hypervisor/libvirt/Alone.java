package org.dcbalance.hypervisor.libvirt;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;

/** Let only one job at a time touch a guest; a second one fails at once instead of waiting. */
final class Alone {
  private final HostLink link;
  private final Map<UUID, String> busy = new ConcurrentHashMap<>();

  Alone(HostLink link) {
    this.link = link;
  }

  boolean busy(UUID guest) {
    return busy.containsKey(guest);
  }

  void run(UUID guest, String what, Runnable job) {
    var other = busy.putIfAbsent(guest, what);
    if (other != null) {
      throw new HypervisorException(
          Kind.FAILED,
          "The guest %s is in %s, so %s cannot start.".formatted(guest, other, what),
          null);
    }
    try {
      job.run();
    } finally {
      busy.remove(guest);
    }
  }

  /** Run it unless the hypervisor has a job on the guest, whoever began that. */
  void withoutJob(UUID guest, String what, String otherwise, Runnable change) {
    run(
        guest,
        what,
        () -> {
          link.call(
              "tell a guest's job",
              connection -> {
                StatusReading.requireNoJob(connection, guest, otherwise);
                return null;
              });
          change.run();
        });
  }
}
