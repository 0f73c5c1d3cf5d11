package org.dcbalance.offline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.dcbalance.replay.Recording;
import org.dcbalance.replay.Tempo;
import org.dcbalance.replay.Yardstick;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;

/** Make a recording of traces, on hosts that are all alike. */
final class TraceRecording {
  /** A console as it is by default, looked at every five minutes. */
  static final Tempo TEMPO =
      new Tempo(
          Duration.ofMinutes(1),
          Duration.ofMinutes(10),
          Duration.ofMinutes(30),
          Duration.ofHours(6),
          Duration.ofMinutes(5));

  /** Counted is from the third hour on. */
  static final Yardstick YARDSTICK = new Yardstick(0.8, Limits.DEFAULTS, 24);

  private static final double OWN_CPU = 0.05;

  private TraceRecording() {}

  /**
   * Put traces on hosts.
   *
   * @param placement index of the host that each starts on
   */
  static Recording of(
      List<Trace> traces, int[] placement, int hosts, double cores, double hostMiB) {
    int length = traces.getFirst().length();
    var machines = new ArrayList<Recording.RecordedHost>();
    for (int host = 0; host < hosts; host++) {
      machines.add(
          new Recording.RecordedHost(
              new HostLoad(
                  new HostId(host + 1),
                  "host-" + (host + 1),
                  (int) cores,
                  Memory.ofMiB((long) hostMiB),
                  new Load(OWN_CPU, Memory.ZERO, ByteRate.ZERO, ByteRate.ZERO),
                  1,
                  null),
              0));
    }
    var nothing = new double[length];
    var vms = new ArrayList<Recording.RecordedVm>();
    for (int vm = 0; vm < placement.length; vm++) {
      var trace = traces.get(vm);
      vms.add(
          new Recording.RecordedVm(
              vm(trace, vm + 1, placement[vm] + 1), trace.cores(), trace.used(), nothing, nothing));
    }
    return new Recording(
        "replay",
        IntStream.range(0, length)
            .mapToObj(step -> PoolText.NOW.plusSeconds((long) step * Trace.SECONDS))
            .toList(),
        Duration.ofSeconds(Trace.SECONDS),
        machines,
        vms,
        List.of(),
        List.of(),
        Recording.GIGABIT_MIB);
  }

  private static VmLoad vm(Trace trace, int id, int host) {
    return new VmLoad(
        new VmId(id),
        trace.vm(),
        new HostId(host),
        Load.NONE,
        Load.NONE,
        Memory.ofMiB(Math.round(trace.memoryMiB())),
        null,
        null,
        List.of(),
        Map.of(),
        null,
        null,
        List.of());
  }
}
