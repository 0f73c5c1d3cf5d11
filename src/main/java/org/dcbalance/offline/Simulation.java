package org.dcbalance.offline;

import static java.util.Objects.requireNonNull;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Play recorded load on simulated hosts, and let one strategy act every five minutes on what was
 * measured until then.
 *
 * <p>What is measured of a VM is what it got: on a host at its limit, all get the same share of
 * what they ask for. A move copies the VM's memory over its hosts' 1 Gbit/s links, which the moves
 * of a host share, and costs a tenth of the VM's CPU at the source meanwhile; it is the same for
 * every strategy.
 */
final class Simulation {
  private static final double LINK_MIB = 1e9 / 8 / (1024 * 1024);
  private static final double OVERHEAD = 0.1;

  /** Moves are followed in steps of so many seconds. */
  private static final double TICK = 10;

  /** Steps of a day. */
  private static final int DAY = 24 * 60 / 5;

  /** Seconds between two rounds of a console. */
  private static final double ROUND = 60;

  private static final Duration RETURN = Duration.ofHours(1);
  private static final Duration COOL_DOWN = Duration.ofMinutes(30);
  private static final Duration LONGEST_COOL_DOWN = Duration.ofHours(6);
  private static final double OWN_CPU = 0.05;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final Deque<PastMove> NONE = new ArrayDeque<>();

  private final List<Trace> traces;
  private final int hosts;
  private final double cores;
  private final double hostMiB;
  private final @Nullable Strategy strategy;
  private final Limits limits;
  private final boolean rests;
  private final int[] at;
  private final double[] got;
  private final double[] gotBefore;

  /** What each VM got in each step so far. */
  private final double[][] seen;

  private final List<Running> running = new ArrayList<>();

  /** Finished moves, newest first: of all VMs, and of each. */
  private final Deque<PastMove> past = new ArrayDeque<>();

  private final Map<Integer, Deque<PastMove>> pastOf = new HashMap<>();
  private final @Nullable RememberedDecisions decisions;
  private final Tally tally;
  private int roundsOutOfBounds;

  /** A move under way. */
  private static final class Running {
    final int vm;
    final int target;
    final Instant started;
    double leftMiB;

    /** Seconds until it begins. */
    double wait;

    Running(int vm, int target, Instant started, double leftMiB, double wait) {
      this.vm = vm;
      this.target = target;
      this.started = started;
      this.leftMiB = leftMiB;
      this.wait = wait;
    }
  }

  /**
   * Set a simulation up.
   *
   * @param strategy what acts, null for nothing
   * @param decisions the record that the strategy decides from, null if it keeps none
   * @param rests whether VMs rest after a move: only strategies with a memory know of it
   */
  Simulation(
      List<Trace> traces,
      int[] placement,
      int hosts,
      double cores,
      double hostMiB,
      @Nullable Strategy strategy,
      @Nullable RememberedDecisions decisions,
      Limits limits,
      boolean rests,
      String name) {
    this.traces = traces;
    this.hosts = hosts;
    this.cores = cores;
    this.hostMiB = hostMiB;
    this.strategy = strategy;
    this.decisions = decisions;
    this.limits = limits;
    this.rests = rests;
    at = placement.clone();
    got = new double[placement.length];
    seen = new double[placement.length][traces.getFirst().length()];
    gotBefore = new double[placement.length];
    tally = new Tally(name);
  }

  Tally run() {
    for (int step = 0; step < traces.getFirst().length(); step++) {
      if (step > 0 && strategy != null) {
        act(step);
      }
      play(step);
    }
    return tally;
  }

  private static Instant time(int step) {
    return PoolText.NOW.plusSeconds((long) step * Trace.SECONDS);
  }

  private void act(int step) {
    // a console looks once a minute, at the same load for five of them: a hold that ends within
    // these five minutes does not last until the next ones
    int held = Math.max(0, limits.holdRounds() - 1 - roundsOutOfBounds);
    var pool = pool(step, roundsOutOfBounds + held);
    long start = System.nanoTime();
    long busy = THREADS.getCurrentThreadCpuTime();
    var decision = requireNonNull(strategy).decide(pool, limits);
    if (decisions != null && decision instanceof Decision.Proposal proposal) {
      decisions.add(pool, limits, proposal);
    }
    double millis = (System.nanoTime() - start) / 1e6;
    double cpuMillis = (THREADS.getCurrentThreadCpuTime() - busy) / 1e6;
    if (decisions != null) {
      decisions.lookBack(pool, limits);
    }
    if (step >= Tally.FIRST) {
      tally.decision(decision, millis, cpuMillis);
    }
    roundsOutOfBounds = Imbalance.of(pool, limits).outOfBounds(limits) ? roundsOutOfBounds + 5 : 0;
    if (decision instanceof Decision.Proposal proposal) {
      double wait = strategy instanceof DynamicLoadBalancing ? 0 : ROUND * held;
      proposal.moves().forEach(move -> start(move, step, wait));
    }
  }

  private void start(ProposedMove move, int step, double wait) {
    int vm = (int) move.vm().id().value() - 1;
    int target = (int) move.target().value() - 1;
    double memory = traces.get(vm).used()[step - 1];
    var begins = time(step).plusSeconds((long) wait);
    running.add(new Running(vm, target, begins, memory, wait));
    if (step >= Tally.FIRST) {
      tally.migrations++;
      tally.gibMoved += memory / 1024;
      tally.downtimeSeconds += move.cost().downtime().toNanos() / 1e9;
      tally.returns += returns(vm, target, time(step)) ? 1 : 0;
    }
  }

  private boolean returns(int vm, int target, Instant now) {
    return pastOf(vm).stream()
        .anyMatch(
            move ->
                move.source().value() == target + 1 && move.finished().isAfter(now.minus(RETURN)));
  }

  /** Let five minutes pass. */
  private void play(int step) {
    System.arraycopy(got, 0, gotBefore, 0, got.length);
    Arrays.fill(got, 0);
    double left = Trace.SECONDS;
    while (left > 0) {
      double seconds = running.isEmpty() ? left : Math.min(TICK, left);
      var demand = demand(step);
      if (step >= Tally.FIRST) {
        tally.hosts(demand, cores, seconds);
      }
      for (int vm = 0; vm < at.length; vm++) {
        double share = Math.min(1, cores / Math.max(1e-9, demand[at[vm]]));
        got[vm] += traces.get(vm).cores()[step] * share * seconds / Trace.SECONDS;
      }
      copy(seconds, time(step).plusSeconds((long) (Trace.SECONDS - left + seconds)));
      left -= seconds;
    }
    for (int vm = 0; vm < at.length; vm++) {
      seen[vm][step] = got[vm];
    }
    if (step >= Tally.FIRST) {
      tally.imbalance(demand(step), cores);
    }
  }

  private double[] demand(int step) {
    var demand = new double[hosts];
    for (int vm = 0; vm < at.length; vm++) {
      demand[at[vm]] += traces.get(vm).cores()[step];
    }
    for (var move : running) {
      demand[at[move.vm]] += move.wait > 0 ? 0 : OVERHEAD * traces.get(move.vm).cores()[step];
    }
    return demand;
  }

  private void copy(double seconds, Instant now) {
    var busy = new int[hosts];
    for (var move : running) {
      int copying = move.wait > 0 ? 0 : 1;
      busy[at[move.vm]] += copying;
      busy[move.target] += copying;
    }
    for (Iterator<Running> moves = running.iterator(); moves.hasNext(); ) {
      var move = moves.next();
      if (move.wait > 0) {
        move.wait -= seconds;
        continue;
      }
      int sharing = Math.max(busy[at[move.vm]], busy[move.target]);
      move.leftMiB -= LINK_MIB / sharing * seconds;
      if (move.leftMiB <= 0) {
        var made =
            new PastMove(
                id(move.vm),
                new HostId(at[move.vm] + 1),
                new HostId(move.target + 1),
                now,
                true,
                Duration.between(move.started, now),
                null,
                Memory.ofMiB(Math.round(traces.get(move.vm).memoryMiB())));
        past.addFirst(made);
        pastOf.computeIfAbsent(move.vm, _ -> new ArrayDeque<>()).addFirst(made);
        at[move.vm] = move.target;
        moves.remove();
      }
    }
  }

  private static VmId id(int vm) {
    return new VmId(vm + 1);
  }

  /** Show what was measured over the last ten minutes. */
  private Pool pool(int step, int outOfBounds) {
    var hostLoads = new ArrayList<HostLoad>();
    for (int host = 0; host < hosts; host++) {
      hostLoads.add(
          new HostLoad(
              new HostId(host + 1),
              "host-" + (host + 1),
              (int) cores,
              Memory.ofMiB((long) hostMiB),
              new Load(OWN_CPU, Memory.ZERO, ByteRate.ZERO, ByteRate.ZERO),
              1,
              null));
    }
    var vms = new ArrayList<VmLoad>();
    var targets = new HashMap<Integer, Integer>();
    running.forEach(move -> targets.put(move.vm, move.target));
    for (int vm = 0; vm < at.length; vm++) {
      vms.add(vm(vm, step, targets.get(vm)));
    }
    var recent = past.stream().limit(200).toList();
    return new Pool("replay", time(step), hostLoads, vms, outOfBounds, recent);
  }

  private VmLoad vm(int vm, int step, @Nullable Integer target) {
    var trace = traces.get(vm);
    double last = got[vm];
    double before = step > 1 ? gotBefore[vm] : last;
    var memory = Memory.ofMiB(Math.round(trace.used()[step - 1]));
    var own = List.copyOf(pastOf(vm));
    return new VmLoad(
        id(vm),
        trace.vm(),
        new HostId(at[vm] + 1),
        new Load((last + before) / 2, memory, ByteRate.ZERO, ByteRate.ZERO),
        new Load(
            Math.max(dayHigh(vm, step), Math.max(last, before)),
            memory,
            ByteRate.ZERO,
            ByteRate.ZERO),
        Memory.ofMiB(Math.round(trace.memoryMiB())),
        null,
        null,
        List.of(),
        Map.of(),
        rests ? restsUntil(own, time(step)) : null,
        target == null ? null : new HostId(target + 1),
        own);
  }

  /** The 95th percentile of a day, once six hours of it are known, as the console takes it. */
  private double dayHigh(int vm, int step) {
    if (step < DAY / 4) {
      return 0;
    }
    var day = Arrays.copyOfRange(seen[vm], Math.max(0, step - DAY), step);
    Arrays.sort(day);
    return day[(int) (0.95 * (day.length - 1))];
  }

  private Deque<PastMove> pastOf(int vm) {
    return pastOf.getOrDefault(vm, NONE);
  }

  private static @Nullable Instant restsUntil(List<PastMove> own, Instant now) {
    if (own.isEmpty()) {
      return null;
    }
    long today =
        own.stream().filter(m -> m.finished().isAfter(now.minus(Duration.ofDays(1)))).count();
    var rest = COOL_DOWN.multipliedBy(1L << Math.min(10, Math.max(0, today - 1)));
    return own.getFirst()
        .finished()
        .plus(rest.compareTo(LONGEST_COOL_DOWN) > 0 ? LONGEST_COOL_DOWN : rest);
  }
}
