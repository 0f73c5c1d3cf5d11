package org.dcbalance.strategy;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Describe a VM and its load over the window.
 *
 * @param mean mean over the window
 * @param high 95th percentile over the window, each resource by itself
 * @param allocated memory that the target must have for it
 * @param dirtyRate how fast it changes its memory; null if never measured
 * @param workingSet distinct memory that it keeps changing; null if never measured
 * @param ties sentences that say why it cannot move at all; empty if it can
 * @param refused targets that cannot take it, each with the reason
 * @param restsUntil end of its cool-down; null or past if it has none
 * @param movingTo target of a move of it that is approved or under way, null if there is none; the
 *     VM then counts at both ends
 * @param pastMoves finished moves of it that the history holds
 * @param terms what is allowed for its moves; null for what is usual
 */
public record VmLoad(
    VmId id,
    String name,
    HostId host,
    Load mean,
    Load high,
    Memory allocated,
    @Nullable ByteRate dirtyRate,
    @Nullable Memory workingSet,
    List<String> ties,
    Map<HostId, String> refused,
    @Nullable Instant restsUntil,
    @Nullable HostId movingTo,
    List<PastMove> pastMoves,
    @Nullable MoveTerms terms) {
  /** A target where a VM's move failed is left alone for so long. */
  private static final Duration FAILURE_REMEMBERED = Duration.ofHours(24);

  public VmLoad {
    ties = List.copyOf(ties);
    refused = Map.copyOf(refused);
    pastMoves = List.copyOf(pastMoves);
  }

  /** Describe a VM whose moves may be as usual. */
  public VmLoad(
      VmId id,
      String name,
      HostId host,
      Load mean,
      Load high,
      Memory allocated,
      @Nullable ByteRate dirtyRate,
      @Nullable Memory workingSet,
      List<String> ties,
      Map<HostId, String> refused,
      @Nullable Instant restsUntil,
      @Nullable HostId movingTo,
      List<PastMove> pastMoves) {
    this(
        id,
        name,
        host,
        mean,
        high,
        allocated,
        dirtyRate,
        workingSet,
        ties,
        refused,
        restsUntil,
        movingTo,
        pastMoves,
        null);
  }

  /**
   * Give the longest pause that is accepted of a move, with that of the limits as the usual one.
   */
  Duration longestPause(Limits limits) {
    var own = allowed().longestPause();
    return own == null ? limits.downtimeSlo() : own;
  }

  MoveTerms allowed() {
    return terms == null ? MoveTerms.USUAL : terms;
  }

  /** Tell whether its last move to a host failed, less than a day ago. */
  boolean failedLately(HostId target, Instant now) {
    if (pastMoves.isEmpty()) {
      // asked of every host for every VM that is explained
      return false;
    }
    var since = now.minus(FAILURE_REMEMBERED);
    return pastMoves.stream()
        .filter(move -> move.target().equals(target) && move.finished().isAfter(since))
        .max(Comparator.comparing(PastMove::finished))
        .filter(move -> !move.succeeded())
        .isPresent();
  }

  /** Let other things be allowed for its moves. */
  VmLoad by(MoveTerms other) {
    return with(host, ties, refused, movingTo, other);
  }

  /** Let other hosts refuse it. */
  VmLoad refusedBy(Map<HostId, String> others) {
    return with(host, ties, others, movingTo, terms);
  }

  /** Let other things keep it where it is, and other hosts refuse it. */
  public VmLoad held(List<String> by, Map<HostId, String> others) {
    return with(host, by, others, movingTo, terms);
  }

  /** Let a move of it be under way. */
  VmLoad movingTo(@Nullable HostId target) {
    return with(host, ties, refused, target, terms);
  }

  /** Put it on another host, as it is once a move there is made. */
  public VmLoad on(HostId other) {
    return with(other, ties, refused, movingTo, terms);
  }

  /**
   * See VMs that move as one as a single VM. They seldom peak together, so that their rises above
   * their means add up as independent ones do. Only its loads and its memory mean anything.
   */
  static VmLoad sum(List<VmLoad> vms) {
    var first = vms.getFirst();
    var mean = Load.NONE;
    long memory = 0;
    double cpu = 0;
    double used = 0;
    for (var vm : vms) {
      mean = mean.plus(vm.mean());
      memory += vm.allocated().bytes();
      cpu += square(vm.high().cpuCores() - vm.mean().cpuCores());
      used += square(vm.high().memory().bytes() - (double) vm.mean().memory().bytes());
    }
    return new VmLoad(
        first.id(),
        first.name(),
        first.host(),
        mean,
        new Load(
            mean.cpuCores() + Math.sqrt(cpu),
            new Memory(mean.memory().bytes() + Math.round(Math.sqrt(used))),
            mean.network(),
            mean.disk()),
        new Memory(memory),
        null,
        null,
        List.of(),
        Map.of(),
        null,
        null,
        List.of());
  }

  private static double square(double rise) {
    return rise <= 0 ? 0 : rise * rise;
  }

  private VmLoad with(
      HostId where,
      List<String> by,
      Map<HostId, String> others,
      @Nullable HostId target,
      @Nullable MoveTerms other) {
    return new VmLoad(
        id,
        name,
        where,
        mean,
        high,
        allocated,
        dirtyRate,
        workingSet,
        by,
        others,
        restsUntil,
        target,
        pastMoves,
        other);
  }
}
