package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.testing.Await;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class OneThreadEachTest {
  private final OneThreadEach threads = new OneThreadEach("thing");

  @Test
  void aRowIsWorkedOnByOneThreadAtATimeAndLaterAgain() {
    var begun = new AtomicInteger();
    var goOn = new CountDownLatch(1);
    Runnable work =
        () -> {
          begun.incrementAndGet();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    threads.start(7, work);
    Await.until("its thread", Duration.ofSeconds(5), begun::get, n -> n == 1);
    threads.start(7, work);
    assertThat(threads.has(7)).isTrue();
    assertThat(begun).hasValue(1);
    goOn.countDown();
    isFree();
    threads.start(7, work);
    Await.until("another thread", Duration.ofSeconds(5), begun::get, n -> n == 2);
  }

  @Test
  void aHostThatFailsLeavesTheRowForTheNextLook() {
    threads.start(
        7,
        () -> {
          throw new HypervisorException(Kind.UNREACHABLE, "kvm-01 does not answer.", null);
        });
    isFree();
  }

  @Test
  void whyARowWaitsIsLoggedOnceUntilItChanges() {
    var logger = (Logger) LoggerFactory.getLogger(OneThreadEach.class);
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    try {
      waits("kvm-01 does not answer.");
      waits("kvm-01 does not answer.");
      waits("kvm-01 has no room.");
      threads.start(7, () -> {});
      isFree();
      waits("kvm-01 has no room.");
    } finally {
      logger.detachAppender(logged);
    }
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .filteredOn(said -> said.startsWith("The thing 7 waits"))
        .containsExactly(
            "The thing 7 waits: kvm-01 does not answer.",
            "The thing 7 waits: kvm-01 has no room.",
            "The thing 7 waits: kvm-01 has no room.");
  }

  private void waits(String why) {
    threads.start(
        7,
        () -> {
          throw new Problem(ErrorCode.NOT_FOUND, why, null);
        });
    isFree();
  }

  private void isFree() {
    Await.until("it to be free", Duration.ofSeconds(5), () -> threads.has(7), has -> !has);
  }
}
