package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.dcbalance.hypervisor.HypervisorException;

/** Do something to all members of a set at once. */
final class Together {
  private Together() {}

  /** Something that may fail on a host. */
  interface Step<T> {
    void on(T member);
  }

  /**
   * Do it to all, and wait for all, also when one fails.
   *
   * @throws HypervisorException the first failure
   */
  static <T> void all(List<T> members, Step<T> step) {
    var tasks = new ArrayList<FutureTask<Void>>();
    for (var member : members) {
      var task =
          new FutureTask<Void>(
              () -> {
                step.on(member);
                return null;
              });
      tasks.add(task);
      // native calls would pin the carriers of virtual threads
      Thread.ofPlatform().daemon().name("member").start(task);
    }
    RuntimeException failure = null;
    for (var task : tasks) {
      try {
        task.get();
      } catch (InterruptedException e) {
        throw HypervisorException.interrupted(e);
      } catch (ExecutionException e) {
        if (failure == null) {
          failure =
              e.getCause() instanceof RuntimeException known
                  ? known
                  : new IllegalStateException(e.getCause());
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
