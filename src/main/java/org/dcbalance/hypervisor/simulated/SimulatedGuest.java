package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.LoadReading.DirtyRate;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** One guest: where it is, what it does, and what its counters have added up to there. */
final class SimulatedGuest {
  /** How fast it gives memory back or takes it again, in MiB per second. */
  private static final double BALLOON_RATE = 512;

  static final GuestCpu CPU = new GuestCpu("", "", "x86_64", "simulated-1", "simulated", null);

  private final GuestPlan plan;
  private final GuestMemory memory;
  private final int number;
  private String host;
  private GuestState state = GuestState.RUNNING;
  private @Nullable String mark;
  private int domainId;

  /** What it has of its memory now, and what it was asked to have, in MiB. */
  private double balloon;

  private double balloonTarget;

  /** Most CPU that it gets, in percent of one CPU; 0 for no cap. */
  private int cap;

  /** Longest pause of its migrations from here, as QEMU keeps it in the guest's process. */
  private Duration maxDowntime = SimulatedMigration.DEFAULT_MAX_DOWNTIME;

  private double cpuSeconds;
  private double received;
  private double sent;
  private double read;
  private double written;

  private @Nullable Instant measuringSince;
  private double measuredFor;
  private double measuringWindow;
  private @Nullable DirtyRate dirtyRate;

  SimulatedGuest(GuestPlan plan, int number) {
    this.plan = plan;
    this.number = number;
    this.host = plan.host();
    this.domainId = number;
    this.balloon = this.balloonTarget = plan.memoryMiB();
    this.memory = new GuestMemory(plan.usedBlocks(), plan.workingSetMiB(), plan.pattern().seed());
  }

  GuestPlan plan() {
    return plan;
  }

  String name() {
    return plan.name();
  }

  UUID uuid() {
    return plan.uuid();
  }

  GuestMemory memory() {
    return memory;
  }

  String host() {
    return host;
  }

  GuestState state() {
    return state;
  }

  @Nullable String mark() {
    return mark;
  }

  void mark(@Nullable String newMark) {
    mark = newMark;
  }

  void state(GuestState newState) {
    state = newState;
  }

  boolean running() {
    return state == GuestState.RUNNING;
  }

  /** Let it run on a host as a new process there, whose counters start at zero. */
  void settleOn(String newHost, int newDomainId) {
    host = newHost;
    domainId = newDomainId;
    cap = 0;
    maxDowntime = SimulatedMigration.DEFAULT_MAX_DOWNTIME;
    cpuSeconds = received = sent = read = written = 0;
    measuringSince = null;
    dirtyRate = null;
  }

  /** Give how many cores it wants at a time in seconds since 1970. */
  double wantedCores(double seconds) {
    double wanted = running() ? plan.vcpus() * plan.pattern().at(seconds) : 0;
    return cap > 0 ? Math.min(wanted, cap / 100.0) : wanted;
  }

  int cap() {
    return cap;
  }

  Duration maxDowntime() {
    return maxDowntime;
  }

  void maxDowntime(Duration longest) {
    maxDowntime = longest;
  }

  void cap(int percent) {
    cap = percent;
  }

  /** Give what it has of its memory now, in MiB. */
  long has() {
    return Math.round(balloon);
  }

  void askFor(Memory target) {
    balloonTarget = target.mib();
  }

  /** Let its balloon move. What it uses it cannot give back. */
  void passBallooning(double time) {
    double goal = Math.max(balloonTarget, plan.usedBlocks());
    double step = BALLOON_RATE * time;
    balloon += Math.clamp(goal - balloon, -step, step);
  }

  boolean ballooning() {
    return running() && balloon != Math.max(balloonTarget, plan.usedBlocks());
  }

  /**
   * Let it run for a while.
   *
   * @param cores what it got
   * @param writing whether anything looks at its memory, so that its writes matter
   */
  void run(double time, double cores, boolean writing) {
    double activity = cores / (plan.vcpus() * plan.pattern().base());
    cpuSeconds += cores * time;
    received += plan.network() * activity * time;
    sent += 1.5 * plan.network() * activity * time;
    written += plan.disk() * activity * time;
    read += 2 * plan.disk() * activity * time;
    if (writing) {
      memory.write(plan.dirtyMiBPerSecond() * activity * time);
    }
  }

  void measure(Instant now, Duration window) {
    measuringSince = now;
    measuringWindow = window.toNanos() / 1e9;
    measuredFor = 0;
    memory.startMeasurement();
  }

  boolean measuring() {
    return measuringSince != null;
  }

  void passMeasuring(double time) {
    if (measuringSince != null) {
      measuredFor += time;
      if (measuredFor >= measuringWindow - 1e-9) {
        dirtyRate =
            new DirtyRate(
                measuringSince,
                Duration.ofNanos(Math.round(measuredFor * 1e9)),
                ByteRate.ofMiB(memory.measuredBlocks() / measuredFor));
        measuringSince = null;
      }
    }
  }

  Guest describe(GuestState shownState) {
    var disk =
        new Guest.Disk(
            "vda",
            plan.storage() + "/" + name() + ".qcow2",
            "qcow2",
            "none",
            false,
            false,
            false,
            List.of());
    return new Guest(
        uuid(),
        name(),
        state == GuestState.SHUT_OFF ? -1 : domainId,
        plan.osType(),
        shownState,
        plan.vcpus(),
        duration(cpuSeconds),
        plan.memory(),
        Memory.ofMiB(has()),
        List.of(disk),
        List.of(address()),
        List.of("simulated-lan"),
        plan.ties(),
        CPU);
  }

  /** Give an address from the block that is reserved for measuring devices in closed networks. */
  private String address() {
    return "198.%d.%d.%d".formatted(18 + (number >> 16), (number >> 8) & 0xff, number & 0xff);
  }

  GuestCounters counters() {
    return new GuestCounters(
        uuid(),
        duration(cpuSeconds),
        plan.vcpus(),
        Memory.ofMiB(has()),
        Memory.ofMiB(plan.usedBlocks()),
        bytes(received),
        bytes(sent),
        bytes(read),
        bytes(written),
        dirtyRate);
  }

  private static long bytes(double mib) {
    return (long) (mib * Memory.ofMiB(1).bytes());
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
