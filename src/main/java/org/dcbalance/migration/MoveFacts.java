package org.dcbalance.migration;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Choice;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Learning;
import org.dcbalance.method.Lever;
import org.dcbalance.method.Method;
import org.dcbalance.method.MethodChoice;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Gather what the choice of a method rests on: fresh memory figures from the source, measured dirty
 * rates and earlier moves from the database, the hosts' capabilities, and what operators allow.
 */
@Component
class MoveFacts {
  private static final Map<Lever, Capability> NEEDED =
      new EnumMap<>(
          Map.of(
              Lever.PAUSE, Capability.MAX_DOWNTIME,
              Lever.THROTTLE, Capability.AUTO_CONVERGE,
              Lever.COMPRESSION, Capability.COMPRESSION,
              Lever.CONNECTIONS, Capability.PARALLEL,
              Lever.POST_COPY, Capability.POST_COPY,
              Lever.BALLOON, Capability.BALLOON,
              Lever.CAP, Capability.CPU_CAP,
              Lever.BANDWIDTH, Capability.BANDWIDTH_LIMIT,
              Lever.ABORT, Capability.ABORT));

  /** A load may change at any time, and another measurement takes a second. */
  private static final Duration FRESH = Duration.ofMinutes(1);

  private final Connections connections;
  private final MoveHistory history;

  MoveFacts(Connections connections, MoveHistory history) {
    this.connections = connections;
    this.history = history;
  }

  /** What was found, and what follows from it. */
  record Found(Facts facts, Choice choice) {}

  /**
   * Choose how to move a VM, or look at the method that was asked for.
   *
   * @param asked null to choose
   * @param left until it must have ended; null for no such time
   * @param disks what is copied of disks beside; null if none are
   */
  Found choose(
      Vm vm,
      Host source,
      Host target,
      HostPool pool,
      @Nullable Method asked,
      @Nullable Duration left,
      @Nullable Memory disks) {
    var route = history.route(source, target);
    var forMemory = left == null || disks == null ? left : left.minus(time(disks, route));
    var allowed = policy(vm, pool, forMemory);
    var memory = memory(vm, source);
    var facts =
        new Facts(
            workload(vm, memory),
            route,
            host(source, target, memory),
            // its disks would be split between two hosts by a fault
            disks == null ? allowed : allowed.withoutPostCopy());
    return new Found(
        facts, asked == null ? MethodChoice.of(facts) : MethodChoice.askedFor(asked, facts));
  }

  /** Choose by what is recorded alone, as long as nobody needs a host's own word for it. */
  Choice foresee(Vm vm, Host source, Host target, HostPool pool) {
    return MethodChoice.of(
        new Facts(
            workload(vm, new MemoryReading(vm.memory(), history.used(vm), null, null, false)),
            history.route(source, target),
            host(source, target),
            policy(vm, pool, longest(vm, pool))));
  }

  /** Expect how long an amount takes from host to host. */
  static Duration time(Memory amount, Facts.Route route) {
    double rate = Math.max(1, route.bandwidth().bytesPerSecond());
    return Duration.ofMillis(Math.round(Math.min(amount.bytes() / rate, 1e9) * 1000));
  }

  /** Choose anew at a dirty rate that was measured just now. */
  static Found choose(Facts facts, ByteRate dirtyRate) {
    var now = facts.at(dirtyRate);
    return new Found(now, MethodChoice.of(now));
  }

  /** Choose anew with so many CPUs kept busy, as measured just now. */
  static Found choose(Facts facts, double cores) {
    var now = facts.busy(cores);
    return new Found(now, MethodChoice.of(now));
  }

  /** Tell whether what a VM changes was measured too long ago to refuse a move by it. */
  boolean outdated(Vm vm) {
    return !history.measuredWithin(vm, FRESH);
  }

  /** Give the cores that a VM kept busy over the last hour, oldest first. */
  List<Double> pastCores(Vm vm) {
    return history.cores(vm);
  }

  /** Give the dirty rates recorded over the last hour, oldest first. */
  List<ByteRate> pastDirtyRates(Vm vm) {
    return history.dirtyRates(vm);
  }

  /** Tell how long a move of a VM may wait for a quieter moment. */
  static Duration mayWait(Vm vm, HostPool pool) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    return Duration.ofSeconds(or(options.quietWaitSeconds(), 0));
  }

  /** Tell how many times a move of a VM that failed may be tried again. */
  static int retries(Vm vm, HostPool pool) {
    return or(vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS).retries(), 0);
  }

  /** Tell how long it waits before it is tried again for the first time. */
  static Duration retryAfter(Vm vm, HostPool pool) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    return Duration.ofSeconds(or(options.retrySeconds(), 60));
  }

  /** Give the longest that a move of a VM may take; null for no such limit. */
  static @Nullable Duration longest(Vm vm, HostPool pool) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    var minutes = options.longestMinutes();
    return minutes == null ? null : Duration.ofMinutes(minutes);
  }

  /** List the methods that a VM may be moved by from where it is, apart from what they cost. */
  List<Method> offered(Vm vm, Host source, HostPool pool) {
    return MethodChoice.offered(host(source, source), policy(vm, pool, null));
  }

  private Facts.Workload workload(Vm vm, MemoryReading reading) {
    return new Facts.Workload(
        reading.now(),
        reading.used(),
        // the shorter window shows repeated changes best, the longer one how far they spread
        history.dirtied(vm),
        history.workingSet(vm),
        history.busyCores(vm),
        vm.vcpus(),
        Learning.bias(history.forecasts(vm)),
        history.tried(vm));
  }

  private MemoryReading memory(Vm vm, Host source) {
    try {
      return connections.to(source).memory(vm.uuid());
    } catch (HypervisorException e) {
      // the migration itself will say what is wrong
      return MemoryReading.of(vm.memory());
    }
  }

  private static Facts.Host host(Host source, Host target, MemoryReading memory) {
    var missing = missing(source, target);
    if (memory.ofFile()) {
      missing.putIfAbsent(
          Lever.POST_COPY, "its memory is a file of its host, which pages cannot be fetched into");
    }
    return host(source, missing);
  }

  private static Facts.Host host(Host source, Host target) {
    return host(source, missing(source, target));
  }

  private static Facts.Host host(Host source, Map<Lever, String> missing) {
    return new Facts.Host(
        source.hypervisor().equals("Xen") ? Facts.Engine.FIXED_ROUNDS : Facts.Engine.UNTIL_IT_FITS,
        missing);
  }

  /** A lever needs both ends: what either lacks is not offered. */
  private static Map<Lever, String> missing(Host source, Host target) {
    var missing = new EnumMap<Lever, String>(Lever.class);
    NEEDED.forEach(
        (lever, capability) -> {
          for (var host : List.of(target, source)) {
            var reason = host.missing().get(capability);
            if (reason != null) {
              missing.put(lever, reason);
            }
          }
        });
    return missing;
  }

  private static Facts.Policy policy(Vm vm, HostPool pool, @Nullable Duration left) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    var least = options.leastMemoryMiB();
    var bandwidth = options.bandwidthMiB();
    return new Facts.Policy(
        Duration.ofMillis(or(options.downtimeMillis(), 1_000)),
        Boolean.TRUE.equals(options.postCopy()),
        or(options.postCopyAfterPercent(), 100) / 100.0,
        Boolean.TRUE.equals(options.ballooning()),
        least == null ? null : Memory.ofMiB(least),
        or(options.throttlePercent(), 0),
        or(options.capPercent(), 0),
        Boolean.TRUE.equals(options.notLive()),
        or(options.connections(), 1),
        bandwidth == null ? null : ByteRate.ofMiB(bandwidth),
        left);
  }

  private static int or(@Nullable Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }
}
