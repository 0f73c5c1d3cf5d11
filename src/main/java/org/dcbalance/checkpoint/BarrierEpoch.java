package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.LiveBarrier.Member;
import org.dcbalance.checkpoint.LiveBarrier.Pacing;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt of a {@link LiveBarrier}. */
final class BarrierEpoch<M extends Member> {
  private static final Logger log = LoggerFactory.getLogger(BarrierEpoch.class);

  /**
   * Keeps a capture from its end for as many seconds as MiB are left; the least that libvirt knows.
   */
  private static final ByteRate TRICKLE = ByteRate.ofMiB(1);

  /** As fast as the storage is. */
  private static final ByteRate UNLIMITED = ByteRate.ofMiB(1 << 20);

  private final Pacing pacing;
  private final Consumer<String> step;
  private final List<One> all = new ArrayList<>();

  /** Set when somebody failed or was too early: nobody needs to come near its end any more. */
  private volatile boolean over;

  /**
   * How a member comes near its end.
   *
   * @param mark what remains of its memory when it is held back
   * @param pace how fast it is written until then
   */
  record Approach<M>(M member, Memory mark, ByteRate pace) {}

  BarrierEpoch(Pacing pacing, List<Approach<M>> approaches, Consumer<String> step) {
    this.pacing = pacing;
    this.step = step;
    approaches.forEach(a -> all.add(new One(a)));
  }

  /** A member, and how far it is. */
  private final class One {
    private final M member;
    private final Memory mark;
    private final ByteRate pace;
    private final FutureTask<Captured> capture;
    private volatile long pausedAt;
    private volatile long endedAt;
    private volatile boolean early;

    One(Approach<M> approach) {
      this.member = approach.member();
      this.mark = approach.mark();
      this.pace = approach.pace();
      this.capture = new FutureTask<>(this::capture);
    }

    private Captured capture() {
      try {
        return member.capture();
      } finally {
        endedAt = System.nanoTime();
      }
    }

    /** Wait until little of its memory remains, and hold it there. */
    void approach() {
      boolean paced = false;
      // the mark of a large memory is seen long enough
      var between =
          pacing.lookEvery().multipliedBy(Math.clamp(member.memory().bytes() >> 30, 1, 10));
      while (!over) {
        if (capture.isDone()) {
          over = true;
          // what went wrong, if it did
          result();
          return;
        }
        var writing = member.writing();
        if (writing.isPresent() && writing.get().total().bytes() > 0) {
          if (writing.get().remaining().compareTo(mark) <= 0) {
            member.pace(TRICKLE);
            return;
          }
          if (!paced) {
            member.pace(pace);
            paced = true;
          }
        }
        sleep(between);
      }
    }

    void pause() {
      pausedAt = System.nanoTime();
      member.pause();
    }

    void look() {
      early = !member.waits() || capture.isDone();
    }

    /** Give what was captured, waiting for it; or throw what went wrong. */
    Captured result() {
      try {
        return capture.get();
      } catch (InterruptedException e) {
        throw HypervisorException.interrupted(e);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException known
            ? known
            : new IllegalStateException(e.getCause());
      }
    }

    Duration pauseLength() {
      var told = result().pause();
      return told == null ? Duration.ofNanos(endedAt - pausedAt) : told;
    }

    /** Have its capture ended, whatever came of it, and the machine run. */
    void giveUp() {
      long until = System.nanoTime() + pacing.givenUpWithin().toNanos();
      while (!capture.isDone() && System.nanoTime() < until) {
        quietly(member, this::abortWriting);
        awaitEnd();
      }
      quietly(member, member::letRun);
    }

    /** Abort it while it writes: before, its host lets nobody, and who tries waits for its end. */
    private void abortWriting() {
      if (member.writing().filter(w -> w.total().bytes() > 0).isPresent()) {
        member.abort();
      }
    }

    private void awaitEnd() {
      try {
        capture.get(pacing.lookEvery().toMillis() * 10, TimeUnit.MILLISECONDS);
      } catch (TimeoutException | ExecutionException e) {
        // it goes on, or failed as it was to
      } catch (InterruptedException e) {
        throw HypervisorException.interrupted(e);
      }
    }
  }

  /**
   * Capture all; when this returns or throws, all run again, or their hosts do not answer.
   *
   * @return the members that ended before all stood still, so that this is no common point; empty
   *     if it is one
   */
  List<M> run() {
    boolean captured = false;
    step.accept("Writing their memory while they run");
    for (var one : all) {
      // native calls would pin the carriers of virtual threads
      Thread.ofPlatform().daemon().name("capture").start(one.capture);
    }
    try {
      Together.all(all, One::approach);
      captured = !over && noneEnded() && together();
    } finally {
      over = true;
      if (!captured) {
        // before the others are made to end
        all.forEach(o -> o.early |= o.capture.isDone());
        Together.all(all, One::giveUp);
      }
    }
    return all.stream().filter(o -> o.early).map(o -> o.member).toList();
  }

  /** Pause all; only if all stood still at one moment, have the rest written. */
  private boolean together() {
    step.accept("Pausing all members, and writing the rest");
    Together.all(all, One::pause);
    // whoever still stands still, with its capture not at its end, stood still when the last pause
    // was over: that is the common point
    Together.all(all, One::look);
    if (all.stream().anyMatch(o -> o.early)) {
      // one that failed is no early one
      noneEnded();
      return false;
    }
    Together.all(all, o -> o.member.pace(UNLIMITED));
    Together.all(all, One::result);
    Together.all(all, o -> quietly(o.member, o.member::letRun));
    return true;
  }

  /** Tell whether all captures go on; or throw what went wrong with one. */
  private boolean noneEnded() {
    var ended = all.stream().filter(o -> o.capture.isDone()).toList();
    ended.forEach(One::result);
    return ended.isEmpty();
  }

  private static void quietly(Member member, Runnable what) {
    try {
      what.run();
    } catch (HypervisorException e) {
      // what a host cannot do now is left to the cleaning
      log.debug("{}: {}", member.name(), e.sentence());
    }
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw HypervisorException.interrupted(e);
    }
  }

  /** Give how long each stood still. */
  Map<M, Duration> pauses() {
    return all.stream().collect(Collectors.toMap(o -> o.member, One::pauseLength));
  }

  /** Give the time from the first one's pause to the end of the last one's. */
  Duration whole() {
    long first = all.stream().mapToLong(o -> o.pausedAt).min().orElse(0);
    long last = all.stream().mapToLong(o -> o.pausedAt + o.pauseLength().toNanos()).max().orElse(0);
    return Duration.ofNanos(last - first);
  }
}
