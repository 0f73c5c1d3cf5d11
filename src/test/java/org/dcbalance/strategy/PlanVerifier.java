package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

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
    return score + 2 * broken(true) + 0.2 * broken(false);
  }

  /** Count the VMs that break hard rules, or soft ones. */
  int broken(boolean hard) {
    return pool.rules().stream().filter(r -> r.hard() == hard).mapToInt(this::broken).sum();
  }

  private int broken(Rule rule) {
    var on = new HashMap<HostId, Integer>();
    for (var id : rule.vms()) {
      var vm = vms.get(id);
      if (vm != null && open(place(vm))) {
        on.merge(place(vm), 1, Integer::sum);
      }
    }
    int all = on.values().stream().mapToInt(n -> n).sum();
    return switch (rule.kind()) {
      case TOGETHER -> all - on.values().stream().mapToInt(n -> n).max().orElse(0);
      case APART -> all - on.size();
      case ON -> all - rule.hosts().stream().mapToInt(host -> on.getOrDefault(host, 0)).sum();
      case OFF -> rule.hosts().stream().mapToInt(host -> on.getOrDefault(host, 0)).sum();
    };
  }

  private List<Integer> brokenByRule() {
    return pool.rules().stream().filter(Rule::hard).map(this::broken).toList();
  }

  /**
   * Name a move that would clearly be possible, and that would mend a hard rule and gain, although
   * nothing of the sort is proposed; null if there is none.
   *
   * @param moved VMs that the plan moves
   */
  @Nullable String forgotten(Set<VmId> moved) {
    var before = brokenByRule();
    int broken = broken(true);
    double score = score();
    for (var vm : pool.vms()) {
      boolean free =
          vm.ties().isEmpty()
              && vm.movingTo() == null
              && vm.restsUntil() == null
              && vm.pastMoves().isEmpty()
              && vm.dirtyRate() == null
              && open(vm.host())
              && !moved.contains(vm.id());
      for (var target : pool.hosts()) {
        if (broken == 0 || !free || !roomy(vm, target)) {
          continue;
        }
        var from = place(vm);
        counts.put(vm.id(), target.id());
        var after = brokenByRule();
        boolean keeps = true;
        for (int i = 0; i < before.size(); i++) {
          keeps &= after.get(i) <= before.get(i);
        }
        boolean mends = broken(true) < broken && score() < score - 1e-6;
        counts.put(vm.id(), from);
        if (keeps && mends && !vm.refused().containsKey(target.id()) && clear(vm, target)) {
          return vm.name() + " to " + target.name();
        }
      }
    }
    return null;
  }

  /** Nobody from whom a rule parts the VM is there, not even on the way out. */
  private boolean clear(VmLoad vm, HostLoad target) {
    return pool.rules().stream()
        .filter(r -> r.kind() == Rule.Kind.APART && r.vms().contains(vm.id()))
        .flatMap(r -> r.vms().stream())
        .filter(id -> vms.containsKey(id))
        .noneMatch(id -> room(requireNonNull(vms.get(id))).contains(target.id()));
  }

  /** Even if all VMs peaked together there would be room. */
  private boolean roomy(VmLoad vm, HostLoad target) {
    if (target.closed() != null || place(vm).equals(target.id())) {
      return false;
    }
    double cpu = target.own().cpuCores() + vm.high().cpuCores();
    double memory = target.own().memory().bytes() + (double) vm.high().memory().bytes();
    for (var other : pool.vms()) {
      if (room(other).contains(target.id())) {
        cpu += other.high().cpuCores();
        memory += other.high().memory().bytes();
      }
    }
    return cpu <= target.cores() * limits.cpuThreshold()
        && memory <= target.memory().bytes() * limits.memoryThreshold()
        && promised(target) + vm.allocated().bytes() <= target.memory().bytes() * 0.9;
  }

  private boolean outOfBounds() {
    return broken(true) + broken(false) > 0
        || score() > limits.imbalanceThreshold()
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
    var together = new ArrayList<ProposedMove>();
    for (var move : proposal.moves()) {
      assertThat(moved.add(move.vm().id())).as("a VM moves once").isTrue();
      assertThat(outOfBounds()).as("a move is needed").isTrue();
      together.add(move);
      if (together.size() > move.together().size()) {
        verify(together);
        together.clear();
      }
    }
    assertThat(together).as("what moves together is proposed together").isEmpty();
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

  /** Check moves that are made together; most moves are made alone. */
  private void verify(List<ProposedMove> together) {
    double before = score();
    int soft = broken(false);
    var rules = brokenByRule();
    for (var move : together) {
      assertThat(move.together())
          .containsExactlyInAnyOrderElementsOf(
              together.stream().map(m -> m.vm().id()).filter(id -> id != move.vm().id()).toList());
      verify(move);
    }
    double gain = before - score();
    assertThat(gain).as("gain").isPositive();
    assertThat(together.stream().mapToDouble(ProposedMove::gain).sum())
        .isCloseTo(gain, within(1e-9));
    for (int i = 0; i < rules.size(); i++) {
      assertThat(brokenByRule().get(i)).as("hard rule %d", i).isLessThanOrEqualTo(rules.get(i));
    }
    double besides = gain - 0.2 * (soft - broken(false));
    assertThat(broken(false) <= soft || besides > 0.2 * (broken(false) - soft)).isTrue();
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

    boolean overloaded =
        share(Resource.CPU, host(move.source())) > limits.cpuThreshold()
            || share(Resource.MEMORY, host(move.source())) > limits.memoryThreshold();
    var why = move.reason() instanceof Reason.GoesAlong along ? along.reason() : move.reason();
    boolean mends = why instanceof Reason.Mends rule && rule.hard();
    assertThat(move.priority() == ProposedMove.Priority.HIGH).isEqualTo(overloaded || mends);
    assertThat(move.effects().getFirst().cpuBefore())
        .isCloseTo(share(Resource.CPU, host(move.source())), within(1e-9));
    counts.put(vm.id(), move.target());
    room(vm).add(move.target());

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
