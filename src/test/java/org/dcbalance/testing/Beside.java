package org.dcbalance.testing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Do something beside a test, on a thread of its own. The pool that all of a JVM share has a single
 * thread on two processors, and what waits for a guest there keeps other tests' work from starting.
 */
public final class Beside {
  private static final Executor THREAD_EACH = task -> Thread.ofPlatform().daemon().start(task);

  private Beside() {}

  public static <T> CompletableFuture<T> supply(Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, THREAD_EACH);
  }

  public static CompletableFuture<Void> run(Runnable task) {
    return CompletableFuture.runAsync(task, THREAD_EACH);
  }
}
