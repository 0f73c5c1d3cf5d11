package org.dcbalance.method;

import java.time.Duration;
import java.util.Map;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Hold all that the choice of a method rests on. */
public record Facts(Workload vm, Route route, Host host, Policy policy) {
  /**
   * Describe the VM.
   *
   * @param has memory that it has now
   * @param used memory that it uses by its own account; null if it does not tell
   * @param dirty how fast it changes its memory; null if never measured
   * @param workingSet distinct memory that it keeps changing; null if never measured
   * @param busyCores CPUs that it keeps busy
   * @param cpus CPUs that it has
   * @param bias how many times longer than modelled its earlier moves took; 1 without any
   * @param tried what came of its moves of late
   */
  public record Workload(
      Memory has,
      @Nullable Memory used,
      @Nullable DirtyEstimate dirty,
      @Nullable Memory workingSet,
      double busyCores,
      int cpus,
      double bias,
      Tried tried) {

    /** How fast it changes its memory; null if never measured. */
    @Nullable ByteRate dirtyRate() {
      return dirty == null ? null : dirty.rate();
    }
  }

  /**
   * Tell what came of a VM's moves of late.
   *
   * @param givenUp methods whose last copy was given up, each with how fast the VM changed its
   *     memory then
   * @param compressed whether the last copy with compressed changes ended
   */
  public record Tried(Map<Method, ByteRate> givenUp, boolean compressed) {
    public static final Tried NOTHING = new Tried(Map.of(), false);

    /** Of a VM that changes less than this share of what it did, more may be hoped for. */
    private static final double QUIETER = 0.8;

    public Tried {
      givenUp = Map.copyOf(givenUp);
    }

    boolean inVain(Method method, @Nullable ByteRate now) {
      var then = givenUp.get(method);
      return then != null
          && (now == null || now.bytesPerSecond() >= QUIETER * then.bytesPerSecond());
    }
  }

  /**
   * Describe the way from host to host.
   *
   * @param constant the part of the pause that does not depend on memory
   * @param learnt whether earlier moves have shown both; otherwise they are assumed
   */
  public record Route(ByteRate bandwidth, Duration constant, boolean learnt) {}

  /** How the hypervisor decides to stop the guest for the last of its memory. */
  public enum Engine {
    /** When what remains fits the allowed pause (QEMU). */
    UNTIL_IT_FITS,
    /** After one full send and at most four more of what changed (Xen). */
    FIXED_ROUNDS
  }

  /**
   * Describe what the source can do.
   *
   * @param missing levers that it does not have, each with the reason as a clause
   */
  public record Host(Engine engine, Map<Lever, String> missing) {
    public Host {
      missing = Map.copyOf(missing);
    }

    boolean has(Lever lever) {
      return !missing.containsKey(lever);
    }
  }

  /**
   * Say what operators allow.
   *
   * @param downtime longest pause that they accept
   * @param postCopy whether a move may end in post-copy, in which a fault loses the guest
   * @param postCopyAfter how much of the memory in use is sent before a post-copy that was planned
   *     from the start begins, as a share
   * @param ballooning whether the guest's memory may be shrunk before a move
   * @param leastMemory what ballooning must leave it at least; null if nobody said
   * @param throttle most that a guest may be slowed down to be moved, in percent; 0 for not at all
   * @param cap CPU that a capped guest keeps, in percent of one CPU; 0 if it must not be capped
   * @param notLive whether it may be stopped for all of its move
   * @param connections how many connections may carry its memory
   * @param bandwidth most that a move may use; null for no limit
   * @param deadline most time that a move may take; null for no limit
   */
  public record Policy(
      Duration downtime,
      boolean postCopy,
      double postCopyAfter,
      boolean ballooning,
      @Nullable Memory leastMemory,
      int throttle,
      int cap,
      boolean notLive,
      int connections,
      @Nullable ByteRate bandwidth,
      @Nullable Duration deadline) {

    /** Give the same without post-copy. */
    public Policy withoutPostCopy() {
      return new Policy(
          downtime,
          false,
          postCopyAfter,
          ballooning,
          leastMemory,
          throttle,
          cap,
          notLive,
          connections,
          bandwidth,
          deadline);
    }
  }

  /** Give the same at another dirty rate. */
  public Facts at(ByteRate dirtyRate) {
    return with(new DirtyEstimate(dirtyRate, dirtyRate), vm.busyCores());
  }

  /** Give the same with so many CPUs kept busy. */
  public Facts busy(double cores) {
    return with(vm.dirty(), cores);
  }

  private Facts with(@Nullable DirtyEstimate dirty, double cores) {
    return new Facts(
        new Workload(
            vm.has(), vm.used(), dirty, vm.workingSet(), cores, vm.cpus(), vm.bias(), vm.tried()),
        route,
        host,
        policy);
  }

  /** Tell whether what is expected rests on measurements alone. */
  boolean measured() {
    return vm.dirty() != null && vm.workingSet() != null && route.learnt();
  }
}
