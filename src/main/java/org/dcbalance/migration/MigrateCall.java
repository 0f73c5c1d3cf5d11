package org.dcbalance.migration;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Make the hypervisor's blocking migrate call in a thread of its own. What it says is a hint: the
 * truth is read from both hosts afterwards.
 */
final class MigrateCall {
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable String failure;
  private volatile HypervisorException.@Nullable Kind kind;

  static MigrateCall start(Runnable migrate, long migration) {
    var call = new MigrateCall();
    Thread.ofPlatform().daemon().name("migrate-call-" + migration).start(() -> call.make(migrate));
    return call;
  }

  private void make(Runnable migrate) {
    try {
      migrate.run();
    } catch (HypervisorException e) {
      kind = e.kind();
      failure = e.sentence();
    } catch (Problem e) {
      failure = e.sentence();
    } catch (RuntimeException e) {
      failure = String.valueOf(e);
    } finally {
      over.countDown();
    }
  }

  boolean over() {
    return over.getCount() == 0;
  }

  /** Wait until it is over, but not longer than this. */
  void await(Duration most) {
    try {
      over.await(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LetGo("This console is stopping.");
    }
  }

  /** Tell what kind of failure it was; null if it has not failed, or not in the hypervisor. */
  HypervisorException.@Nullable Kind failed() {
    return kind;
  }

  /** Give the hypervisor's words if it failed; null if it has not. */
  @Nullable String failure() {
    return failure;
  }
}
