package org.dcbalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.config.ScheduledTaskHolder;

/** The schedule of the console's tasks. */
@ConsoleTest
class ScheduleTest {
  @Autowired private TaskScheduler schedule;
  @Autowired private ScheduledTaskHolder tasks;

  @Test
  void aTaskThatWaitsKeepsNoOtherFromRunning() throws InterruptedException {
    var wait = new CountDownLatch(1);
    var runs = new CountDownLatch(3);
    var waiting = schedule.scheduleWithFixedDelay(() -> awaited(wait), Duration.ofMillis(1));
    var running = schedule.scheduleWithFixedDelay(runs::countDown, Duration.ofMillis(1));
    try {
      assertThat(runs.await(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      wait.countDown();
      waiting.cancel(false);
      running.cancel(false);
    }
  }

  @Test
  void thereIsAThreadForEachTask() {
    assertThat(
            ((ThreadPoolTaskScheduler) schedule).getScheduledThreadPoolExecutor().getCorePoolSize())
        .isGreaterThanOrEqualTo(tasks.getScheduledTasks().size());
  }

  private static void awaited(CountDownLatch latch) {
    try {
      assertThat(latch.await(120, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
