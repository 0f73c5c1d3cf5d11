package org.dcbalance.method;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.dcbalance.method.Facts.Engine;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Facts to change one at a time: a 1,000 MiB VM on QEMU, all measured, over 100 MiB/s. */
final class Cases {
  /** Compression did not do, so that the methods after it are looked at. */
  static final Facts.Tried GIVEN_UP =
      new Facts.Tried(Map.of(Method.XBZRLE, ByteRate.ofMiB(1)), false);

  Engine engine = Engine.UNTIL_IT_FITS;
  final Map<Lever, String> missing = new EnumMap<>(Map.of(Lever.CAP, "it slows guests by itself"));
  long has = 1000;
  @Nullable Long used = 800L;
  @Nullable Double dirty = 10.0;

  /** By how much more it may change than was measured. */
  double rough = 1;

  @Nullable Long workingSet = 200L;
  double cores = 1;
  double bias = 1;
  Facts.Tried tried = GIVEN_UP;
  double bandwidth = 100;
  boolean learnt = true;
  Duration slo = Duration.ofSeconds(1);
  boolean postCopy;
  double postCopyAfter = 1;
  boolean ballooning;
  @Nullable Long least;
  int throttle;
  int cap;
  boolean notLive;
  int connections = 1;
  @Nullable Double limit;
  @Nullable Duration deadline;

  static Cases qemu() {
    return new Cases();
  }

  /** The same VM on Xen, which tells neither what it uses nor what it changes. */
  static Cases xen() {
    var xen = new Cases();
    xen.engine = Engine.FIXED_ROUNDS;
    xen.used = null;
    xen.dirty = null;
    xen.workingSet = null;
    xen.missing.clear();
    for (var lever :
        new Lever[] {
          Lever.PAUSE,
          Lever.THROTTLE,
          Lever.COMPRESSION,
          Lever.CONNECTIONS,
          Lever.POST_COPY,
          Lever.BANDWIDTH,
          Lever.ABORT
        }) {
      xen.missing.put(lever, "Xen has no call for it");
    }
    return xen;
  }

  Facts facts() {
    return new Facts(
        new Facts.Workload(
            Memory.ofMiB(has),
            used == null ? null : Memory.ofMiB(used),
            dirty == null
                ? null
                : new DirtyEstimate(ByteRate.ofMiB(dirty), ByteRate.ofMiB(rough * dirty)),
            workingSet == null ? null : Memory.ofMiB(workingSet),
            cores,
            1,
            bias,
            tried),
        new Facts.Route(ByteRate.ofMiB(bandwidth), Duration.ofMillis(50), learnt),
        new Facts.Host(engine, missing),
        new Facts.Policy(
            slo,
            postCopy,
            postCopyAfter,
            ballooning,
            least == null ? null : Memory.ofMiB(least),
            throttle,
            cap,
            notLive,
            connections,
            limit == null ? null : ByteRate.ofMiB(limit),
            deadline));
  }
}
