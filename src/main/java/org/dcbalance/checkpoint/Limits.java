package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.UUID;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.units.ByteRate;

/**
 * What a hypervisor keeps of a guest for its next move or capture: how long it may be paused, and
 * how fast its memory is sent.
 */
record Limits(Duration pause, ByteRate bandwidth) {

  static Limits of(Hypervisor host, UUID guest) {
    return new Limits(host.maxDowntime(guest), host.states().bandwidth(guest));
  }

  void set(Hypervisor host, UUID guest) {
    host.setMaxDowntime(guest, pause);
    host.setBandwidth(guest, bandwidth);
  }
}
