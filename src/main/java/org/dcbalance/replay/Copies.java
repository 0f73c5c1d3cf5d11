package org.dcbalance.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.dcbalance.replay.Recording.RecordedVm;
import org.dcbalance.strategy.PastMove;
import org.jspecify.annotations.Nullable;

/**
 * Follow the moves of one replay: each copies the memory that its VM uses over its hosts' links,
 * which the moves of a host share, and costs a tenth of the VM's CPU at the source meanwhile.
 */
final class Copies {
  private static final double OVERHEAD = 0.1;
  private static final Duration RETURN = Duration.ofHours(1);
  private static final Deque<PastMove> NONE = new ArrayDeque<>();

  private final Recording recording;
  private final List<RecordedVm> vms;
  private final int[] at;
  private final List<Running> running = new ArrayList<>();

  /** Finished moves, newest first: of all VMs, and of each. */
  private final Deque<PastMove> past = new ArrayDeque<>();

  private final Map<Integer, Deque<PastMove>> pastOf = new HashMap<>();

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
   * Follow the moves of VMs.
   *
   * @param at index of the host that each VM is on, which finished moves change
   */
  Copies(Recording recording, int[] at) {
    this.recording = recording;
    this.vms = recording.vms();
    this.at = at;
    recording.history().forEach(past::addLast);
  }

  void start(int vm, int target, Instant begins, double memoryMiB, double wait) {
    running.add(new Running(vm, target, begins, memoryMiB, wait));
  }

  boolean none() {
    return running.isEmpty();
  }

  /** Give the hosts that VMs are on their way to. */
  Map<Integer, Integer> targets() {
    var targets = new HashMap<Integer, Integer>();
    running.forEach(move -> targets.put(move.vm, move.target));
    return targets;
  }

  /** Add to each host's demand what copying takes. */
  void addTo(double[] demand, int step) {
    for (var move : running) {
      if (vms.get(move.vm).runs(step)) {
        demand[at[move.vm]] += move.wait > 0 ? 0 : OVERHEAD * vms.get(move.vm).cores()[step];
      }
    }
  }

  /** Copy for so long. */
  void copy(double seconds, Instant now) {
    var busy = new int[recording.hosts().size()];
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
      move.leftMiB -= recording.linkMiB() / sharing * seconds;
      if (move.leftMiB <= 0) {
        finish(move, now);
        moves.remove();
      }
    }
  }

  /** Let enough time pass for everything to end. */
  void finishAll(Instant now) {
    running.forEach(move -> finish(move, now));
    running.clear();
  }

  /** Give up the moves of VMs that run no longer. */
  void drop(int step) {
    running.removeIf(move -> !vms.get(move.vm).runs(step));
  }

  private void finish(Running move, Instant now) {
    var vm = vms.get(move.vm).vm();
    var made =
        new PastMove(
            vm.id(),
            recording.hosts().get(at[move.vm]).load().id(),
            recording.hosts().get(move.target).load().id(),
            now,
            true,
            Duration.between(move.started, now),
            null,
            vm.allocated());
    past.addFirst(made);
    pastOf.computeIfAbsent(move.vm, _ -> new ArrayDeque<>()).addFirst(made);
    at[move.vm] = move.target;
  }

  /** List the newest finished moves. */
  List<PastMove> past(int most) {
    return past.stream().limit(most).toList();
  }

  List<PastMove> pastOf(int vm) {
    return List.copyOf(pastOf.getOrDefault(vm, NONE));
  }

  /** Tell whether a VM goes back to a host that it left within the hour before. */
  boolean returns(int vm, int target, Instant now) {
    var id = recording.hosts().get(target).load().id();
    return pastOf.getOrDefault(vm, NONE).stream()
        .anyMatch(move -> move.source().equals(id) && move.finished().isAfter(now.minus(RETURN)));
  }

  /** Tell until when a VM rests; null if it was not moved. */
  @Nullable Instant restsUntil(int vm, Instant now, Tempo tempo) {
    var own = pastOf.getOrDefault(vm, NONE);
    if (own.isEmpty()) {
      return null;
    }
    long today =
        own.stream().filter(m -> m.finished().isAfter(now.minus(Duration.ofDays(1)))).count();
    var rest = tempo.coolDown().multipliedBy(1L << Math.min(10, Math.max(0, today - 1)));
    var most = tempo.coolDownMost();
    return own.getFirst().finished().plus(rest.compareTo(most) > 0 ? most : rest);
  }
}
