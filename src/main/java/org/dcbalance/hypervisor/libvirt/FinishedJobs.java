package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.units.Latest;

/** Remember the figures of the last outgoing migrations that a host told about, one per guest. */
final class FinishedJobs {
  private static final int MOST = 512;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private final Map<UUID, MigrationFigures> figures = new Latest<>(MOST);

  void add(UUID guest, MigrationFigures newest) {
    lock.lock();
    try {
      figures.put(guest, newest);
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void forget(UUID guest) {
    lock.lock();
    try {
      figures.remove(guest);
    } finally {
      lock.unlock();
    }
  }

  Optional<MigrationFigures> of(UUID guest) {
    lock.lock();
    try {
      return Optional.ofNullable(figures.get(guest));
    } finally {
      lock.unlock();
    }
  }

  /** Wait for figures: the event comes by another thread than the answer of the call that ended. */
  void await(UUID guest, Duration most) {
    long left = most.toNanos();
    lock.lock();
    try {
      while (!figures.containsKey(guest) && left > 0) {
        left = added.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
