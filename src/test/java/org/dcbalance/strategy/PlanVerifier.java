package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Check a proposal against the rules that every plan keeps, move by move, with arithmetic of its
 * own: shares, room and score are worked out anew from the pool and not taken from the strategy.
 */
final class PlanVerifier {
  private final Pool pool;
  private final Limits limits;
  private final Map<HostId, HostLoad> hosts = new HashMap<>();
  private final Map<VmId, VmLoad> vms = new HashMap<>();

  /** Where each VM counts for the score, and the hosts on which it takes room. */
  private final Map<VmId, HostId> counts = new HashMap<>();

  private final Map<VmId, Set<HostId>> takesRoom = new HashMap<>();

  PlanVerifier(Pool pool, Limits limits) {
    this.pool = pool;
    this.limits = limits;
    pool.hosts().forEach(host -> hosts.put(host.id(), host));
    for (var vm : pool.vms()) {
      vms.put(vm.id(), vm);
      var goal = vm.movingTo();
      counts.put(vm.id(), goal != null && open(goal) ? goal : vm.host());
      takesRoom.put(vm.id(), new HashSet<>());
      room(vm).add(vm.host());
      room(vm).add(place(vm));
    }
  }

  private HostLoad host(HostId id) {
    return requireNonNull(hosts.get(id));
  }

  private HostId place(VmLoad vm) {
    return requireNonNull(counts.get(vm.id()));
  }

  private Set<HostId> room(VmLoad vm) {
    return requireNonNull(takesRoom.get(vm.id()));
  }

  private boolean open(HostId id) {
    return host(id).closed() == null;
  }

  double score() {
    double score = 0;
    for (var resource : Resource.values()) {
      var shares = new ArrayList<Double>();
      for (var host : pool.hosts()) {
        if (host.closed() == null) {
          shares.add(share(resource, host));
        }
      }
      double mean = shares.stream().mapToDouble(x -> x).average().orElse(0);
      double variance =
          shares.stream().mapToDouble(x -> (x - mean) * (x - mean)).average().orElse(0);
      score += resource.spreadWeight() * Math.sqrt(variance);
      for (double x : shares) {
        score += 4 * Math.max(0, x - resource.threshold(limits));
      }
    }
    return score;
  }

  private boolean outOfBounds() {
    return score() > limits.imbalanceThreshold()
        || pool.hosts().stream()
            .filter(host -> host.closed() == null)
            .anyMatch(
                host ->
                    share(Resource.CPU, host) > limits.cpuThreshold()
                        || share(Resource.MEMORY, host) > limits.memoryThreshold());
  }

  private double share(Resource resource, HostLoad host) {
    double amount = resource.amount(host.own());
    for (var vm : pool.vms()) {
      if (place(vm).equals(host.id())) {
        amount += resource.amount(vm.mean());
      }
    }
    return amount / resource.capacity(host);
  }

  void verify(Decision.Proposal proposal) {
    long underWay = pool.vms().stream().filter(vm -> vm.movingTo() != null).count();
    assertThat(proposal.moves().size() + underWay).isLessThanOrEqualTo(limits.maxMoves());
    assertThat(proposal.before().value()).isCloseTo(score(), within(1e-9));
    assertThat(proposal.before().outOfBounds(limits)).isTrue();
    assertThat(proposal.moves().stream().mapToLong(m -> m.cost().transferred().bytes()).sum())
        .isLessThanOrEqualTo(limits.maxTransfer().bytes());
    var moved = new HashSet<VmId>();
    for (var move : proposal.moves()) {
      assertThat(moved.add(move.vm().id())).as("a VM moves once").isTrue();
      assertThat(outOfBounds()).as("a move is needed").isTrue();
      verify(move);
    }
    assertThat(proposal.after().value()).isCloseTo(score(), within(1e-9));
    assertThat(proposal.passedOver()).extracting(PassedOver::vm).doesNotContainAnyElementsOf(moved);
    assertThat(proposal.passedOver()).extracting(PassedOver::vm).doesNotHaveDuplicates();
    boolean within = !proposal.after().outOfBounds(limits);
    assertThat(proposal.passedOver())
        .allMatch(passed -> within || !(passed.reason() instanceof Reason.NotNeeded));
    if (proposal.passedOver().stream().anyMatch(p -> p.reason() instanceof Reason.OverCap)) {
      assertThat(proposal.moves().size() + underWay).isGreaterThanOrEqualTo(limits.maxMoves());
    }
  }

  private void verify(ProposedMove move) {
    var vm = requireNonNull(vms.get(move.vm().id()));
    var target = host(move.target());
    assertThat(move.vm()).isEqualTo(vm);
    assertThat(move.source()).isEqualTo(vm.host()).isNotEqualTo(move.target());
    assertThat(open(move.source())).isTrue();
    assertThat(open(move.target())).isTrue();
    assertThat(vm.ties()).isEmpty();
    assertThat(vm.movingTo()).isNull();
    assertThat(vm.restsUntil() == null || !vm.restsUntil().isAfter(pool.at())).isTrue();
    assertThat(vm.refused()).doesNotContainKey(move.target());
    if (vm.dirtyRate() != null) {
      assertThat(move.cost().converges()).isTrue();
      assertThat(move.cost().downtime()).isLessThanOrEqualTo(limits.downtimeSlo());
    }

    double before = score();
    boolean overloaded =
        share(Resource.CPU, host(move.source())) > limits.cpuThreshold()
            || share(Resource.MEMORY, host(move.source())) > limits.memoryThreshold();
    assertThat(move.priority() == ProposedMove.Priority.HIGH).isEqualTo(overloaded);
    assertThat(move.effects().getFirst().cpuBefore())
        .isCloseTo(share(Resource.CPU, host(move.source())), within(1e-9));
    counts.put(vm.id(), move.target());
    room(vm).add(move.target());
    double after = score();

    assertThat(before - after).as("gain").isCloseTo(move.gain(), within(1e-9)).isPositive();
    assertThat(move.effects().getLast().cpuAfter())
        .isCloseTo(share(Resource.CPU, target), within(1e-9))
        .isLessThanOrEqualTo(limits.cpuThreshold());
    assertThat(move.effects().getLast().memoryAfter())
        .isCloseTo(share(Resource.MEMORY, target), within(1e-9))
        .isLessThanOrEqualTo(limits.memoryThreshold());
    assertThat(promised(target)).isLessThanOrEqualTo(target.memory().bytes() * 0.9 + 1);
    assertThat(ReasonText.of(move.reason())).endsWith(".");
    assertThat(ReasonText.of(move.targetReason())).contains(target.name());
  }

  private double promised(HostLoad host) {
    double bytes = host.own().memory().bytes();
    for (var vm : pool.vms()) {
      if (room(vm).contains(host.id())) {
        bytes += vm.allocated().bytes();
      }
    }
    return bytes;
  }
}
