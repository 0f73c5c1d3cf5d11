package org.dcbalance.method;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.dcbalance.method.Choice.Considered;
import org.dcbalance.method.Facts.Engine;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Choose how to move a VM: the mildest method, in a fixed order, that is expected to keep the pause
 * within what operators accept.
 *
 * <p>Where the dirty rate or the bandwidth was not measured, an expectation is a guess. It keeps no
 * VM from moving: a copy that can be watched gets all allowed levers for {@link CopyControl} to
 * use, and Xen's, which cannot, goes the way that is expected to pause the guest least.
 */
public final class MethodChoice {
  /** Pause that a copy starts out with; more is allowed only if it does not end. */
  public static final Duration FIRST_PAUSE = Duration.ofMillis(150);

  /** Never balloon below what the guest uses times this. */
  static final double HEADROOM = 1.2;

  /** Never balloon below this, whatever is said: 96 MiB boot a small Linux. */
  public static final Memory FLOOR = Memory.ofMiB(96);

  /** Least share of its memory that ballooning must take to be worth it. */
  private static final double WORTH = 0.1;

  /** Bytes per second up to which one core compares and compresses changed pages with ease. */
  private static final double COMPRESSED_FASTER = 256 << 20;

  private static final Memory MOST_CACHE_UNASKED = Memory.ofMiB(512);

  private final Facts facts;
  private final CopyModel model;

  /** A copy must end even if the VM changes more than was measured. */
  private final CopyModel atWorst;

  private final List<Considered> considered = new ArrayList<>();
  private final List<Choice.Move> allowed = new ArrayList<>();
  private Choice.@Nullable Move trial;

  private MethodChoice(Facts facts) {
    this.facts = facts;
    this.model = new CopyModel(facts);
    var dirty = facts.vm().dirty();
    this.atWorst = dirty == null ? model : new CopyModel(facts.at(dirty.atMost()));
  }

  public static Choice of(Facts facts) {
    return new MethodChoice(facts).choose();
  }

  /**
   * Move by the method that somebody asked for, whatever is expected of it. Pre-copy is then what
   * the hypervisor does by itself, with no levers of ours, for comparison; the limit of bandwidth
   * holds for it too, since the network is not the VM's own.
   *
   * @return a Wait with one verdict if the host cannot, or the policy forbids it
   */
  public static Choice askedFor(Method method, Facts facts) {
    return new MethodChoice(facts).asked(method);
  }

  /** Describe a move that is under way by what would be set for it now, whatever it would cost. */
  public static Choice.Move underWay(Method method, Facts facts) {
    var choice = new MethodChoice(facts);
    return choice.move(method, choice.levers(method, null), List.of());
  }

  private Choice asked(Method method) {
    var bar = bar(method);
    if (bar != null) {
      return new Choice.Wait(List.of(new Considered(method, bar)));
    }
    var levers =
        method == Method.PRE_COPY
            ? limited()
            : levers(method, method == Method.BALLOON_FIRST ? leastMemory() : null);
    return move(method, levers, List.of(new Considered(method, new Verdict.AskedFor())));
  }

  private Choice choose() {
    var tried = facts.vm().tried();
    // it may have swapped with what it was left: no other method shrinks it then either
    boolean mayShrink =
        bar(Method.BALLOON_FIRST) == null
            && !tried.inVain(Method.BALLOON_FIRST, facts.vm().dirtyRate());
    var balloon = mayShrink ? leastMemory() : null;
    boolean worth = balloon != null && model.savedBy(balloon) > 0;
    for (var method : order()) {
      if (method == Method.NOT_LIVE && trial != null) {
        break;
      }
      var bar =
          method == Method.PARALLEL && facts.policy().connections() < 2
              ? new Verdict.NotAllowed()
              : bar(method);
      if (bar == null && tried.inVain(method, facts.vm().dirtyRate())) {
        bar = new Verdict.InVain();
      }
      if (bar != null) {
        considered.add(new Considered(method, bar));
        continue;
      }
      if (method == Method.PRE_COPY && worth) {
        // the same copy of less memory is sooner over
        continue;
      }
      boolean shrink = worth || method == Method.BALLOON_FIRST || later(method);
      var move = move(method, levers(method, shrink ? balloon : null), List.of());
      if (!facts.measured() && facts.host().engine() == Engine.UNTIL_IT_FITS) {
        considered.add(new Considered(method, new Verdict.Guessed()));
        return move(method, move.levers(), considered);
      }
      var verdict = judge(move);
      considered.add(new Considered(method, verdict));
      if (verdict instanceof Verdict.Fits) {
        return move(method, move.levers(), considered);
      }
      if (verdict instanceof Verdict.Tried) {
        trial = move;
      } else if (method != Method.XBZRLE) {
        allowed.add(move);
      }
    }
    if (trial != null) {
      return move(Method.XBZRLE, trial.levers(), considered);
    }
    return facts.measured() ? new Choice.Wait(considered) : leastPause();
  }

  /** On Xen each step keeps the ones before it. */
  private boolean later(Method method) {
    return facts.host().engine() == Engine.FIXED_ROUNDS && method != Method.PRE_COPY;
  }

  private List<Method> order() {
    return facts.host().engine() == Engine.FIXED_ROUNDS
        ? List.of(Method.PRE_COPY, Method.BALLOON_FIRST, Method.CAPPED, Method.NOT_LIVE)
        : List.of(
            Method.PARALLEL,
            Method.PRE_COPY,
            Method.BALLOON_FIRST,
            Method.LONGER_PAUSE,
            Method.XBZRLE,
            Method.AUTO_CONVERGE,
            Method.POST_COPY,
            Method.NOT_LIVE);
  }

  /** List what a host can do and operators allow, apart from what it would cost. */
  public static List<Method> offered(Facts.Host host, Facts.Policy policy) {
    return Arrays.stream(Method.values()).filter(m -> bar(m, host, policy) == null).toList();
  }

  private static @Nullable Verdict bar(Method method, Facts.Host host, Facts.Policy policy) {
    return switch (method) {
      case PRE_COPY -> null;
      case LONGER_PAUSE -> bar(Lever.PAUSE, true, host);
      // how many connections carry a copy is nothing that a guest's owner must allow
      case PARALLEL -> bar(Lever.CONNECTIONS, true, host);
      case AUTO_CONVERGE -> bar(Lever.THROTTLE, policy.throttle() > 0, host);
      case POST_COPY -> bar(Lever.POST_COPY, policy.postCopy(), host);
      case CAPPED -> bar(Lever.CAP, policy.cap() > 0, host);
      case NOT_LIVE -> bar(Lever.NOT_LIVE, policy.notLive(), host);
      case XBZRLE -> bar(Lever.COMPRESSION, true, host);
      case BALLOON_FIRST -> bar(Lever.BALLOON, policy.ballooning(), host);
    };
  }

  private static @Nullable Verdict bar(Lever lever, boolean allowedByPolicy, Facts.Host host) {
    var missing = host.missing().get(lever);
    return missing != null
        ? new Verdict.HostCannot(missing)
        : allowedByPolicy ? null : new Verdict.NotAllowed();
  }

  /** What stands against a method, whatever it would cost; null if nothing does. */
  private @Nullable Verdict bar(Method method) {
    var bar = bar(method, facts.host(), facts.policy());
    if (bar != null || method != Method.BALLOON_FIRST) {
      return bar;
    }
    var least = leastMemory();
    if (least == null) {
      return tellsUse() ? new Verdict.UseUnknown() : new Verdict.LeastUnknown();
    }
    var has = facts.vm().has();
    return has.minus(least).bytes() < has.bytes() * WORTH
        ? new Verdict.NothingToGain(has, least)
        : null;
  }

  /** Guests on Xen never tell what they use; others do, unless something is wrong with them. */
  private boolean tellsUse() {
    return facts.host().engine() == Facts.Engine.UNTIL_IT_FITS;
  }

  /** What ballooning must leave: what the guest uses and a fifth, and what operators say. */
  private @Nullable Memory leastMemory() {
    var used = facts.vm().used();
    var said = facts.policy().leastMemory();
    if (used == null && (said == null || tellsUse())) {
      return null;
    }
    var least = FLOOR;
    if (used != null) {
      least = larger(least, new Memory(Math.round(used.bytes() * HEADROOM)));
    }
    least = said == null ? least : larger(least, said);
    // whole MiB: hypervisors count in KiB, and some round
    return Memory.ofMiB((least.bytes() + (1 << 20) - 1) >> 20);
  }

  private static Memory larger(Memory one, Memory other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private Levers limited() {
    return facts.host().has(Lever.BANDWIDTH)
        ? Levers.NONE.withBandwidth(facts.policy().bandwidth())
        : Levers.NONE;
  }

  private Levers levers(Method method, @Nullable Memory balloonTo) {
    var policy = facts.policy();
    var levers = limited().withBalloon(balloonTo);
    if (method == Method.NOT_LIVE) {
      return levers.stopped();
    }
    if (facts.host().has(Lever.PAUSE)) {
      levers = levers.withPause(shorter(FIRST_PAUSE, policy.downtime()));
    }
    if (bar(Method.POST_COPY) == null && method != Method.PARALLEL) {
      levers = levers.withPostCopy(true);
    }
    if (!facts.measured() && bar(Method.AUTO_CONVERGE) == null) {
      // it has no effect on a copy that gains on the guest
      levers = levers.withThrottle(policy.throttle());
    }
    return switch (method) {
      case PRE_COPY, BALLOON_FIRST, POST_COPY, NOT_LIVE -> levers;
      case LONGER_PAUSE -> levers.withPause(policy.downtime());
      case PARALLEL -> levers.withConnections(Math.max(2, policy.connections()));
      case AUTO_CONVERGE -> slowedDown(levers.withPause(policy.downtime()));
      case XBZRLE -> levers.withCache(cache());
      case CAPPED -> levers.withCap(policy.cap());
    };
  }

  /**
   * Slow the guest down from the start by as little as ends the copy soon: each step up costs one
   * more pass. Pages that changed little are compressed beside, where a core is faster at that than
   * the link, and the cache takes little of the host's memory.
   */
  private Levers slowedDown(Levers levers) {
    int most = facts.policy().throttle();
    if (facts.host().has(Lever.COMPRESSION)
        && facts.route().bandwidth().bytesPerSecond() <= COMPRESSED_FASTER
        && cache().compareTo(MOST_CACHE_UNASKED) <= 0) {
      levers = levers.withCache(cache());
    }
    for (int first = Math.min(Levers.FIRST_THROTTLE, most);
        first < most;
        first += Levers.MORE_THROTTLE) {
      var tried = levers.withThrottle(first, most);
      if (model.endsSoon(tried, facts.policy().downtime())) {
        return tried;
      }
    }
    return levers.withThrottle(most - Math.min(most / 2, Levers.STEPS), most);
  }

  /**
   * A cache below the working set misses every page: it must hold it, and is a power of two. What
   * is measured is a sample, and of one window alone: half as much more is assumed.
   */
  private Memory cache() {
    var set = facts.vm().workingSet();
    var hold = set == null ? facts.vm().has() : set;
    long least = Math.clamp(hold.bytes() * 3 / 2, 1 << 26, 1L << 33);
    long power = Long.highestOneBit(least);
    return new Memory(power == least ? power : power << 1);
  }

  private Choice.Move move(Method method, Levers levers, List<Considered> by) {
    boolean measured = facts.measured() && method != Method.XBZRLE;
    return new Choice.Move(method, levers, expect(model, method, levers), measured, by);
  }

  private Expectation expect(CopyModel model, Method method, Levers levers) {
    var pause = levers.pause();
    var longest = pause == null ? Duration.ofMillis(300) : pause;
    return switch (method) {
      case POST_COPY -> model.postCopy(levers);
      case NOT_LIVE -> model.notLive(levers);
      case XBZRLE -> model.compressed(levers.withThrottle(0), facts.policy().downtime());
      case PRE_COPY, LONGER_PAUSE, PARALLEL, BALLOON_FIRST, CAPPED, AUTO_CONVERGE ->
          model.preCopy(
              method == Method.AUTO_CONVERGE ? levers : levers.withThrottle(0),
              method == Method.PARALLEL || method == Method.BALLOON_FIRST
                  ? facts.policy().downtime()
                  : longest);
    };
  }

  private Verdict judge(Choice.Move move) {
    var expected = move.expected();
    var policy = facts.policy();
    if (move.method() == Method.XBZRLE) {
      if (cache().compareTo(MOST_CACHE_UNASKED) > 0) {
        return new Verdict.TooMuchCache(cache());
      }
      if (!facts.vm().tried().compressed()) {
        return new Verdict.Tried();
      }
    }
    if (!expected.ends() || !expect(atWorst, move.method(), move.levers()).ends()) {
      return new Verdict.NeverEnds();
    }
    var deadline = policy.deadline();
    if (deadline != null && expected.total().compareTo(deadline) > 0) {
      return new Verdict.TakesTooLong(expected.total(), deadline);
    }
    // whoever allows a guest to be stopped accepts that it is; a copy that always ends needs no
    // such way out
    boolean paused =
        move.method() != Method.NOT_LIVE || facts.host().engine() == Engine.FIXED_ROUNDS;
    // what does not depend on memory is no method's fault
    var allowedPause = policy.downtime().plus(facts.route().constant());
    return paused && expected.downtime().compareTo(allowedPause) > 0
        ? new Verdict.PausesTooLong(expected.downtime(), policy.downtime())
        : new Verdict.Fits();
  }

  /** Guesses keep nothing from moving: take what ends, and pauses it least. */
  private Choice leastPause() {
    var best =
        allowed.stream()
            .min(
                Comparator.comparing((Choice.Move m) -> !m.expected().ends())
                    .thenComparing(m -> m.expected().downtime()));
    return best.<Choice>map(
            m ->
                move(
                    m.method(),
                    m.levers(),
                    replaced(
                        m.method(),
                        new Verdict.LeastPause(
                            m.expected().downtime(), facts.policy().downtime()))))
        .orElseGet(() -> new Choice.Wait(considered));
  }

  private List<Considered> replaced(Method method, Verdict verdict) {
    return considered.stream()
        .map(c -> c.method() == method ? new Considered(method, verdict) : c)
        .toList();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
