package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.testing.Await;
import org.junit.jupiter.api.Test;

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

  private void isFree() {
    Await.until("it to be free", Duration.ofSeconds(5), () -> threads.has(7), has -> !has);
  }
}
