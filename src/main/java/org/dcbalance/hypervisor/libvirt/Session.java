package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run calls on one connection, one after the other, each within a deadline.
 *
 * <p>One at a time, since libvirt clients from 6.1 to 10.3 may crash the whole process when threads
 * share a connection (CVE-2024-4418). A native call cannot be interrupted and would pin a virtual
 * thread's carrier, so calls run on a platform thread of their session. A call that misses its
 * deadline is left behind, and its session takes no more: the next call needs a new one.
 */
final class Session {
  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final int WAITING = 64;

  private final String label;
  private final OpenConnection connection;
  private final Consumer<OpenConnection> whenOver;
  private final ThreadPoolExecutor worker;
  private volatile boolean stuck;
  private volatile boolean retired;

  /** One call, on the session's thread. */
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
    this.worker =
        new ThreadPoolExecutor(
            1,
            1,
            60,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("libvirt-" + label + "-", 1).factory());
    worker.allowCoreThreadTimeOut(true);
  }

  /**
   * Let so much time pass between two looks.
   *
   * @throws HypervisorException TIMED_OUT if the console ends meanwhile
   */
  static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw HypervisorException.interrupted(e);
    }
  }

  /** Tell whether calls still make sense here. */
  boolean usable() {
    return !retired && !stuck && connection.alive();
  }

  /**
   * Run a call and wait for it.
   *
   * @param doing completes "could not …" in the sentence of a failure
   * @param deadline how long to wait, null to wait for its end
   * @throws HypervisorException TIMED_OUT when it is not over in time
   */
  <T extends @Nullable Object> T call(String doing, @Nullable Duration deadline, Call<T> call) {
    var task = new Task<T>(() -> call.on(connection));
    try {
      worker.execute(task);
    } catch (RejectedExecutionException e) {
      throw retired
          ? closed(doing, e)
          : new HypervisorException(
              Kind.TIMED_OUT,
              "%s does not keep up: %d calls are waiting.".formatted(label, WAITING),
              e);
    }
    return await(task, doing, deadline);
  }

  private <T extends @Nullable Object> T await(
      Task<T> task, String doing, @Nullable Duration deadline) {
    try {
      return deadline == null ? task.get() : task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      task.giveUp();
      var words = "%s did not %s within %.1f s.";
      var seconds = deadline == null ? 0 : deadline.toMillis() / 1000.0;
      throw new HypervisorException(
          Kind.TIMED_OUT, String.format(java.util.Locale.ROOT, words, label, doing, seconds), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // nobody would know what it did
      task.dropIfWaiting();
      throw new HypervisorException(
          Kind.TIMED_OUT, "The console stopped waiting for %s to %s.".formatted(label, doing), e);
    } catch (CancellationException e) {
      throw closed(doing, e);
    } catch (ExecutionException e) {
      throw explained(doing, e.getCause());
    }
  }

  private HypervisorException closed(String doing, RuntimeException cause) {
    return new HypervisorException(
        Kind.UNREACHABLE,
        "The connection to %s was closed while the console tried to %s.".formatted(label, doing),
        cause);
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

  /**
   * Take no more calls, drop those that wait, and close the connection when the last one is over.
   * Does not wait.
   */
  void retire() {
    synchronized (this) {
      if (retired) {
        return;
      }
      retired = true;
    }
    worker.shutdown();
    worker
        .getQueue()
        .forEach(
            waiting -> {
              if (waiting instanceof Task<?> task) {
                task.dropIfWaiting();
              }
            });
    Thread.ofPlatform().daemon().name("libvirt-" + label + "-close").start(this::closeWhenIdle);
  }

  private void closeWhenIdle() {
    try {
      // closing under a running call would free what it uses
      while (!worker.awaitTermination(1, TimeUnit.MINUTES)) {
        log.debug("A call to {} still runs on a connection that was given up", label);
      }
      whenOver.accept(connection);
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LibvirtException e) {
      log.debug("Closing the connection to {}: {}", label, e.getMessage());
    }
  }

  /**
   * A call that can be given up: while it waits it never runs, while it runs the session is stuck.
   */
  private final class Task<T extends @Nullable Object> extends FutureTask<T> {
    private boolean running;

    Task(Callable<T> call) {
      super(call);
    }

    @Override
    public void run() {
      synchronized (this) {
        running = !isCancelled();
      }
      super.run();
      synchronized (this) {
        running = false;
      }
    }

    synchronized void dropIfWaiting() {
      if (!running) {
        cancel(false);
      }
    }

    synchronized void giveUp() {
      if (running) {
        stuck = true;
      } else {
        cancel(false);
      }
    }
  }
}
