package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run calls on one connection, each within a deadline.
 *
 * <p>A native call cannot be interrupted and would pin a virtual thread's carrier, so calls run on
 * a few platform threads of this host alone. A call that misses its deadline is left behind on its
 * thread; after {@value #MOST_STUCK} of those the session counts as broken and is replaced as a
 * whole.
 */
final class Session {
  /** How many calls may be left behind before the connection is given up. */
  static final int MOST_STUCK = 3;

  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final int THREADS = 4;
  private static final int WAITING = 64;

  private final String label;
  private final OpenConnection connection;
  private final Consumer<OpenConnection> whenOver;
  private final ThreadPoolExecutor workers;
  private final AtomicInteger stuck = new AtomicInteger();
  private final AtomicInteger longCalls = new AtomicInteger();
  private volatile boolean retired;

  /** One call, on a worker thread. */
  interface Call<T extends @Nullable Object> {
    T on(OpenConnection connection) throws LibvirtException;
  }

  /**
   * Take over a connection.
   *
   * @param whenOver run when the session has been retired and its last call is over, just before
   *     the connection is closed
   */
  Session(String label, OpenConnection connection, Consumer<OpenConnection> whenOver) {
    this.label = label;
    this.connection = connection;
    this.whenOver = whenOver;
    this.workers =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            60,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("libvirt-" + label + "-", 1).factory());
    workers.allowCoreThreadTimeOut(true);
  }

  /** Tell whether calls still make sense here. */
  boolean usable() {
    return !retired && stuck.get() < MOST_STUCK && connection.alive();
  }

  /**
   * Run a call and wait for it within the deadline.
   *
   * @param doing completes "could not …" in the sentence of a failure
   * @throws HypervisorException TIMED_OUT when it is not over in time
   */
  <T extends @Nullable Object> T call(String doing, Duration deadline, Call<T> call) {
    var task = new Task<T>(() -> call.on(connection));
    try {
      workers.execute(task);
    } catch (RejectedExecutionException e) {
      throw new HypervisorException(
          retired ? Kind.UNREACHABLE : Kind.TIMED_OUT,
          retired
              ? "The connection to %s was closed while the console tried to %s."
                  .formatted(label, doing)
              : "%s does not keep up: %d calls are waiting.".formatted(label, WAITING),
          e);
    }
    return await(task, doing, deadline);
  }

  /** Run a call that may take as long as it likes, on a thread of its own, and wait for its end. */
  <T extends @Nullable Object> T longCall(String doing, Call<T> call) {
    var task = new FutureTask<T>(() -> call.on(connection));
    longCalls.incrementAndGet();
    Thread.ofPlatform()
        .daemon()
        .name("libvirt-" + label + "-long")
        .start(
            () -> {
              try {
                task.run();
              } finally {
                longCalls.decrementAndGet();
              }
            });
    return await(task, doing, null);
  }

  private <T extends @Nullable Object> T await(
      Future<T> task, String doing, @Nullable Duration deadline) {
    try {
      return deadline == null ? task.get() : task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      if (task instanceof Task<?> late) {
        late.giveUp();
      }
      throw new HypervisorException(
          Kind.TIMED_OUT,
          "%s did not %s within %d s."
              .formatted(label, doing, deadline == null ? 0 : deadline.toSeconds()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (task instanceof Task<?> late) {
        late.giveUp();
      }
      throw new HypervisorException(
          Kind.TIMED_OUT, "The console stopped waiting for %s to %s.".formatted(label, doing), e);
    } catch (ExecutionException e) {
      throw explained(doing, e.getCause());
    }
  }

  private RuntimeException explained(String doing, @Nullable Throwable cause) {
    if (cause == null) {
      return new IllegalStateException("The console tried to " + doing);
    }
    return switch (cause) {
      case HypervisorException known -> known;
      case LibvirtFailure failure -> failure.explain(label, doing, connection.alive());
      case LibvirtException failure ->
          LibvirtFailure.of(failure).explain(label, doing, connection.alive());
      case RuntimeException other -> other;
      default -> new IllegalStateException("The console tried to " + doing, cause);
    };
  }

  /** Take no more calls, and close the connection when the last one is over. Does not wait. */
  void retire() {
    if (retired) {
      return;
    }
    retired = true;
    workers.shutdown();
    Thread.ofPlatform().daemon().name("libvirt-" + label + "-close").start(this::closeWhenIdle);
  }

  private void closeWhenIdle() {
    try {
      while (!workers.awaitTermination(1, TimeUnit.SECONDS) || longCalls.get() > 0) {
        Thread.sleep(50);
      }
      whenOver.accept(connection);
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LibvirtException e) {
      log.debug("Closing the connection to {}: {}", label, e.getMessage());
    }
  }

  /** A call that knows whether it was left behind while it ran. */
  private final class Task<T extends @Nullable Object> extends FutureTask<T> {
    private boolean running;
    private boolean abandoned;

    Task(Callable<T> call) {
      super(call);
    }

    @Override
    public void run() {
      synchronized (this) {
        running = true;
      }
      super.run();
      synchronized (this) {
        running = false;
        if (abandoned) {
          stuck.decrementAndGet();
        }
      }
    }

    void giveUp() {
      synchronized (this) {
        if (running) {
          abandoned = true;
          stuck.incrementAndGet();
          return;
        }
      }
      cancel(false);
    }
  }
}
