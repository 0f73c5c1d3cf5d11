package org.dcbalance.telemetry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Turn two readings of a host's counters into one sample. */
final class Rates {
  private Rates() {}

  /** One sample of a host and of those of its guests that both readings show. */
  record Sample(HostSample host, List<VmSample> vms) {}

  /**
   * Compute the rates between two readings.
   *
   * @param sharesMachine whether the host's own counters are those of a machine that it shares with
   *     other hosts of the inventory, so that its guests' sum stands in for them
   * @param window of measurements that show a dirty rate; the hypervisor's are whole seconds
   * @return null if the readings are too close to each other to tell
   */
  static @Nullable Sample between(
      LoadReading before,
      LoadReading now,
      HostId host,
      Map<UUID, VmId> vms,
      boolean sharesMachine,
      Duration window) {
    double seconds = (now.monotonic() - before.monotonic()) / 1e9;
    if (seconds < 0.2) {
      return null;
    }
    var earlier = new HashMap<UUID, GuestCounters>();
    before.guests().forEach(g -> earlier.put(g.uuid(), g));
    var samples = new ArrayList<VmSample>();
    double cpu = 0;
    double received = 0;
    double sent = 0;
    double read = 0;
    double written = 0;
    long memory = 0;
    for (var guest : now.guests()) {
      memory += guest.memory().bytes();
      var was = earlier.get(guest.uuid());
      if (was == null || guest.cpuTime().compareTo(was.cpuTime()) < 0) {
        // new here, or restarted in between: the next pair of readings counts
        continue;
      }
      double cores =
          Math.min(guest.cpuTime().minus(was.cpuTime()).toNanos() / 1e9 / seconds, guest.vcpus());
      // Xen tells nothing of a guest's cards while it has a job
      boolean heard = was.netReceivedBytes() > 0 || was.netSentBytes() > 0;
      double in = heard ? rate(was.netReceivedBytes(), guest.netReceivedBytes(), seconds) : 0;
      double out = heard ? rate(was.netSentBytes(), guest.netSentBytes(), seconds) : 0;
      // one whose disks are all on the network tells nothing of them while its monitor is busy
      boolean told = was.diskReadBytes() > 0 || was.diskWrittenBytes() > 0;
      double reads = told ? rate(was.diskReadBytes(), guest.diskReadBytes(), seconds) : 0;
      double writes = told ? rate(was.diskWrittenBytes(), guest.diskWrittenBytes(), seconds) : 0;
      cpu += cores;
      received += in;
      sent += out;
      read += reads;
      written += writes;
      var vm = vms.get(guest.uuid());
      if (vm != null) {
        samples.add(
            new VmSample(
                now.at(),
                vm,
                host,
                cores,
                guest.memory().bytes(),
                guest.memoryUsed() == null ? null : guest.memoryUsed().bytes(),
                in,
                out,
                reads,
                writes,
                newDirtyRate(was, guest, window)));
      }
    }
    var counters = now.host();
    boolean summed = sharesMachine || counters.cpuBusy() == null || before.host().cpuBusy() == null;
    if (!summed) {
      cpu =
          Math.clamp(
              Objects.requireNonNull(counters.cpuBusy())
                      .minus(Objects.requireNonNull(before.host().cpuBusy()))
                      .toNanos()
                  / 1e9
                  / seconds,
              0,
              counters.cores());
    }
    return new Sample(
        new HostSample(
            now.at(),
            host,
            cpu,
            counters.cores(),
            summed,
            sharesMachine ? memory : counters.memoryUsed().bytes(),
            counters.memoryTotal().bytes(),
            received,
            sent,
            read,
            written),
        samples);
  }

  /** Counters restart at 0 when a guest restarts or arrives: then nothing is known of the span. */
  private static double rate(long before, long now, double seconds) {
    return now < before ? 0 : (now - before) / seconds;
  }

  /** Over a longer window pages are changed twice: it shows how far changes spread, no rate. */
  private static @Nullable Double newDirtyRate(
      GuestCounters before, GuestCounters now, Duration window) {
    var measured = now.dirtyRate();
    if (measured == null || measured.window().toSeconds() > Math.max(1, window.toSeconds())) {
      return null;
    }
    var last = before.dirtyRate();
    boolean same = last != null && last.startedAt().equals(measured.startedAt());
    return same ? null : measured.rate().bytesPerSecond();
  }
}
