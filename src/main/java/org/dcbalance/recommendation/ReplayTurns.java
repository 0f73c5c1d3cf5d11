package org.dcbalance.recommendation;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/** Let one replay compute at a time. */
@Component
class ReplayTurns implements DisposableBean {
  /** How long a replay may wait for another. */
  private static final int WAITING_SECONDS = 5;

  /** How long somebody waits for one; its turn ends only with it. */
  private static final int LONGEST_SECONDS = 30;

  private final Semaphore turns = new Semaphore(1, true);

  /**
   * A thread of the operating system's: requests run on virtual threads, which give way to others
   * only where they wait, and a replay never does.
   */
  private final ExecutorService computing =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("replay").factory());

  /**
   * Compute something when it is its turn.
   *
   * @throws Problem UNAVAILABLE if others replay meanwhile, or if it takes very long
   */
  <T> T take(Callable<T> replay) {
    try {
      if (!turns.tryAcquire(WAITING_SECONDS, TimeUnit.SECONDS)) {
        throw new Problem(
            ErrorCode.UNAVAILABLE,
            "Other replays are being computed.",
            "Maybe try again in a minute.");
      }
      return computing.submit(() -> inTurn(replay)).get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Problem(ErrorCode.UNAVAILABLE, "The replay was interrupted.", null, e);
    } catch (TimeoutException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The replay takes longer than %d s.".formatted(LONGEST_SECONDS),
          "Maybe allow fewer moves at once.",
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Problem problem) {
        throw problem;
      }
      throw new IllegalStateException("A replay failed.", e.getCause());
    }
  }

  private <T> T inTurn(Callable<T> replay) throws Exception {
    try {
      return replay.call();
    } finally {
      turns.release();
    }
  }

  @Override
  public void destroy() {
    computing.shutdownNow();
  }
}
