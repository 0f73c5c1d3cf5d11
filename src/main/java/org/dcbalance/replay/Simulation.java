package org.dcbalance.replay;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.replay.Recording.RecordedHost;
import org.dcbalance.replay.Recording.RecordedVm;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Play recorded load on simulated hosts, and let one strategy act at each step on what was measured
 * until then.
 *
 * <p>A VM's load goes along with it wherever it is moved. What is measured of a VM is what it got:
 * on a host at its limit, all get the same share of what they ask for. Moves are followed by {@link
 * Copies} and are the same for every strategy.
 */
public final class Simulation {
  /** Moves are followed in steps of so many seconds. */
  private static final double TICK = 10;

  private static final int PAST_MOVES = 200;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Recording recording;
  private final List<RecordedHost> hosts;
  private final List<RecordedVm> vms;
  private final Contender contender;
  private final Yardstick yardstick;
  private final double[] cores;

  /** Index of the host that each VM is on. */
  private final int[] at;

  private final Map<HostId, Integer> hostIndex = new HashMap<>();
  private final Map<VmId, Integer> vmIndex = new HashMap<>();
  private final Copies copies;
  private final Measured measured;
  private final Tally tally;
  private int roundsOutOfBounds;
  private int step;

  public Simulation(Recording recording, Contender contender, Yardstick yardstick) {
    this.recording = recording;
    this.contender = contender;
    this.yardstick = yardstick;
    hosts = recording.hosts();
    vms = recording.vms();
    cores = hosts.stream().mapToDouble(host -> host.load().cores()).toArray();
    for (int host = 0; host < cores.length; host++) {
      hostIndex.put(hosts.get(host).load().id(), host);
    }
    at = new int[vms.size()];
    for (int vm = 0; vm < at.length; vm++) {
      vmIndex.put(vms.get(vm).vm().id(), vm);
      at[vm] = index(vms.get(vm).vm().host());
    }
    copies = new Copies(recording, at);
    measured = new Measured(recording, contender.tempo());
    tally = new Tally(contender.name(), yardstick);
  }

  private int index(HostId host) {
    var index = hostIndex.get(host);
    if (index == null) {
      throw new IllegalArgumentException("A VM is on host " + host + ", which is not recorded.");
    }
    return index;
  }

  /** Play everything. */
  public Tally run() {
    while (advance()) {
      // all there is to do is done in there
    }
    return tally;
  }

  /**
   * Play one more step.
   *
   * @return whether there was one
   */
  boolean advance() {
    if (step >= recording.steps().size()) {
      return false;
    }
    measured.begin(step);
    if (recording.begins(step)) {
      roundsOutOfBounds = 0;
      copies.finishAll(time());
    }
    copies.drop(step);
    if (measured.anything(step)) {
      look();
    }
    play();
    step++;
    return true;
  }

  Tally tally() {
    return tally;
  }

  private Instant time() {
    return recording.steps().get(step);
  }

  private boolean counts() {
    return step >= yardstick.uncounted();
  }

  private void look() {
    // a console may look several times at the load of one step: a hold that ends within these
    // rounds does not last until the next step
    int rounds = contender.tempo().rounds(recording.step());
    int held = Math.max(0, contender.limits().holdRounds() - 1 - roundsOutOfBounds);
    int waited = held < rounds ? held : 0;
    var pool = pool(roundsOutOfBounds + waited);
    var imbalance = Imbalance.of(pool, contender.limits());
    if (counts()) {
      var scored =
          contender.limits().equals(yardstick.limits())
              ? imbalance
              : Imbalance.of(pool, yardstick.limits());
      tally.score(time(), scored.value());
    }
    if (contender.strategy() != null) {
      act(contender.strategy(), pool, waited);
      roundsOutOfBounds =
          imbalance.outOfBounds(contender.limits()) ? roundsOutOfBounds + rounds : 0;
    }
  }

  private void act(Strategy strategy, Pool pool, int waited) {
    var limits = contender.limits();
    var decisions = contender.decisions();
    long start = System.nanoTime();
    long busy = THREADS.getCurrentThreadCpuTime();
    var decision = strategy.decide(pool, limits);
    if (decisions != null && decision instanceof Decision.Proposal proposal) {
      decisions.add(pool.at(), proposal);
    }
    double millis = (System.nanoTime() - start) / 1e6;
    double cpuMillis = (THREADS.getCurrentThreadCpuTime() - busy) / 1e6;
    if (decisions != null) {
      decisions.lookBack(pool, limits);
    }
    if (counts()) {
      tally.decision(decision, millis, cpuMillis);
    }
    if (decision instanceof Decision.Proposal proposal) {
      double wait =
          strategy instanceof DynamicLoadBalancing
              ? 0
              : contender.tempo().every().toMillis() / 1e3 * waited;
      proposal.moves().stream()
          .filter(move -> starts(move, proposal.moves()))
          .forEach(move -> start(move, wait));
    }
  }

  /** Approving one of the moves that rules keep together approves all of them. */
  private boolean starts(ProposedMove move, List<ProposedMove> all) {
    return contender.approval().starts(move, time())
        || (!move.together().isEmpty()
            && all.stream()
                .filter(other -> move.together().contains(other.vm().id()))
                .anyMatch(other -> contender.approval().starts(other, time())));
  }

  private void start(ProposedMove move, double wait) {
    Integer vm = vmIndex.get(move.vm().id());
    if (vm == null) {
      throw new IllegalStateException("A move of a VM that nobody asked about: " + move.vm().id());
    }
    int target = index(move.target());
    double memory = vms.get(vm).usedMiB()[step - 1];
    copies.start(vm, target, time().plusSeconds((long) wait), memory, wait);
    if (counts()) {
      tally.move(
          new Tally.Made(time(), move, name(move.source()), name(move.target())),
          memory,
          copies.returns(vm, target, time()));
    }
  }

  private String name(HostId host) {
    return hosts.get(index(host)).load().name();
  }

  /** Let the time of a step pass. */
  private void play() {
    double length = recording.stepSeconds();
    double left = length;
    while (left > 0) {
      double seconds = copies.none() ? left : Math.min(TICK, left);
      var demand = demand();
      if (counts()) {
        tally.hosts(demand, cores, seconds);
      }
      for (int vm = 0; vm < at.length; vm++) {
        if (vms.get(vm).runs(step)) {
          double share = Math.min(1, cores[at[vm]] / Math.max(1e-9, demand[at[vm]]));
          measured.add(vm, step, vms.get(vm).cores()[step] * share * seconds / length);
        }
      }
      copies.copy(seconds, time().plusSeconds((long) (length - left + seconds)));
      left -= seconds;
    }
    for (int vm = 0; vm < at.length; vm++) {
      if (!vms.get(vm).runs(step)) {
        measured.none(vm, step);
      }
    }
    if (counts()) {
      tally.spread(demand(), cores, length);
    }
  }

  private double[] demand() {
    var demand = new double[cores.length];
    for (int host = 0; host < demand.length; host++) {
      demand[host] = hosts.get(host).takes();
    }
    for (int vm = 0; vm < at.length; vm++) {
      if (vms.get(vm).runs(step)) {
        demand[at[vm]] += vms.get(vm).cores()[step];
      }
    }
    copies.addTo(demand, step);
    return demand;
  }

  /** Show what was measured until now. */
  private Pool pool(int outOfBounds) {
    var loads = new ArrayList<VmLoad>();
    var targets = copies.targets();
    for (int vm = 0; vm < at.length; vm++) {
      if (measured.ran(vm, step)) {
        loads.add(vm(vm, targets.get(vm)));
      }
    }
    return new Pool(
        recording.pool(),
        time(),
        hosts.stream().map(RecordedHost::load).toList(),
        loads,
        outOfBounds,
        copies.past(PAST_MOVES),
        recording.rules());
  }

  private VmLoad vm(int vm, @Nullable Integer target) {
    var known = vms.get(vm).vm();
    return new VmLoad(
        known.id(),
        known.name(),
        hosts.get(at[vm]).load().id(),
        measured.mean(vm, step),
        measured.high(vm, step),
        known.allocated(),
        known.dirtyRate(),
        known.workingSet(),
        known.ties(),
        known.refused(),
        contender.rests() ? copies.restsUntil(vm, time(), contender.tempo()) : null,
        target == null ? null : hosts.get(target).load().id(),
        copies.pastOf(vm));
  }
}
