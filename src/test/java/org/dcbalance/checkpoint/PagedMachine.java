package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.Optional;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * A machine of 64 MiB whose memory is written in passes, as QEMU does it: what it dirties meanwhile
 * is for the next pass, and a pass that finds less than it writes in a millisecond is the last.
 * Then it stands still, its disks are frozen, and it goes on.
 */
final class PagedMachine implements LiveBarrier.Member {
  private static final Memory SIZE = Memory.ofMiB(64);
  private static final double UNLIMITED = 400.0 * (1 << 20);
  private static final Duration TICK = Duration.ofMillis(1);
  private static final double MOST_AT_ONCE = 0.002;
  private static final Duration FREEZING = Duration.ofMillis(5);

  private final String name;
  private double dirtyPerSecond = 200 * 4096;
  private long leapsAt;
  private boolean endsBeforeItsPause;
  private @Nullable String failure;
  private boolean failsWhenHeld;

  // guarded by this
  private double pace = UNLIMITED;
  private double remaining;
  private double dirtied;
  private double writtenPaused;
  private boolean capturing;
  private boolean writing;
  private boolean runs = true;
  private boolean abort;
  private boolean end;
  private long stoodStillAt;
  private long cutAt;
  private long ranAgainAt;
  private int captures;
  private int undone;

  PagedMachine(String name) {
    this.name = name;
  }

  PagedMachine dirties(Memory perSecond) {
    dirtyPerSecond = perSecond.bytes();
    return this;
  }

  /** Have no pages but empty ones from there on, which take no time. */
  PagedMachine leapsAt(Memory left) {
    leapsAt = left.bytes();
    return this;
  }

  PagedMachine endsBeforeItsFirstPause() {
    endsBeforeItsPause = true;
    return this;
  }

  PagedMachine failsWith(String sentence) {
    failure = sentence;
    return this;
  }

  PagedMachine failsOnceHeldWith(String sentence) {
    failsWhenHeld = true;
    return failsWith(sentence);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Memory memory() {
    return SIZE;
  }

  @Override
  public Captured capture() {
    return capture(() -> {});
  }

  /** Capture it, and freeze its disks while it stands still. */
  Captured capture(Runnable freezing) {
    begin();
    try {
      long last = System.nanoTime();
      while (true) {
        sleep(TICK);
        long now = System.nanoTime();
        // on a busy computer it gets no further than whoever watches it
        if (write(Math.min((now - last) / 1e9, MOST_AT_ONCE))) {
          break;
        }
        last = now;
      }
      sleep(FREEZING);
      freezing.run();
    } finally {
      goOn();
    }
    return new Captured(Duration.ofNanos(ranAgainAt() - stoodStillAt()), Duration.ZERO);
  }

  private synchronized void begin() {
    captures++;
    capturing = true;
    writing = true;
    abort = false;
    end = false;
    remaining = SIZE.bytes();
    dirtied = 0;
    writtenPaused = 0;
    pace = UNLIMITED;
  }

  /** Write for a while; true once all is. */
  private synchronized boolean write(double seconds) {
    if (failure != null && (!failsWhenHeld || pace <= 1 << 20)) {
      throw new HypervisorException(Kind.FAILED, failure, null);
    }
    if (abort) {
      throw new HypervisorException(Kind.ABORTED, name + " was aborted.", null);
    }
    if (runs) {
      dirtied += dirtyPerSecond * seconds;
    } else {
      writtenPaused += Math.min(remaining, pace * seconds);
    }
    remaining = remaining <= leapsAt ? 0 : Math.max(0, remaining - pace * seconds);
    if (remaining == 0) {
      remaining = dirtied;
      dirtied = 0;
    }
    if (!end && remaining > pace / 1000) {
      return false;
    }
    if (runs) {
      runs = false;
      stoodStillAt = System.nanoTime();
    }
    cutAt = stoodStillAt;
    writing = false;
    remaining = 0;
    return true;
  }

  private synchronized void goOn() {
    capturing = false;
    writing = false;
    runs = true;
    ranAgainAt = System.nanoTime();
  }

  @Override
  public synchronized Optional<Writing> writing() {
    return capturing
        ? Optional.of(new Writing(SIZE, new Memory((long) remaining)))
        : Optional.empty();
  }

  @Override
  public synchronized void pace(ByteRate most) {
    pace = Math.min(UNLIMITED, most.bytesPerSecond());
  }

  @Override
  public void pause() {
    if (endsBeforeItsPause) {
      endsBeforeItsPause = false;
      endNow();
      while (isBeingCaptured()) {
        sleep(TICK);
      }
    }
    stop();
  }

  private synchronized void endNow() {
    end = true;
  }

  private synchronized void stop() {
    if (runs) {
      runs = false;
      stoodStillAt = System.nanoTime();
    }
  }

  @Override
  public synchronized boolean waits() {
    return !runs && capturing;
  }

  @Override
  public synchronized void abort() {
    if (!writing) {
      throw new HypervisorException(Kind.FAILED, "no job is active", null);
    }
    abort = true;
  }

  @Override
  public synchronized void letRun() {
    runs = true;
  }

  @Override
  public synchronized void undo() {
    undone++;
  }

  synchronized boolean runs() {
    return runs;
  }

  synchronized boolean isBeingCaptured() {
    return capturing;
  }

  synchronized long stoodStillAt() {
    return stoodStillAt;
  }

  /** When it stood still as what was captured has it. */
  synchronized long cutAt() {
    return cutAt;
  }

  synchronized long ranAgainAt() {
    return ranAgainAt;
  }

  synchronized Memory writtenPaused() {
    return new Memory((long) writtenPaused);
  }

  synchronized int captures() {
    return captures;
  }

  synchronized int undone() {
    return undone;
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
