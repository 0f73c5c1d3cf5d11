package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.testing.Await;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

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
  @ExtendWith(OutputCaptureExtension.class)
  void whyARowWaitsIsLoggedOnceUntilItChanges(CapturedOutput output) {
    waits("kvm-01 does not answer.");
    waits("kvm-01 does not answer.");
    waits("kvm-01 has no room.");
    threads.start(7, () -> {});
    isFree();
    waits("kvm-01 has no room.");
    // what is printed, as a console that starts beside takes appenders of a test away
    assertThat(output.getOut().lines().filter(line -> line.contains("The thing 7 waits: ")))
        .extracting(line -> line.substring(line.indexOf("waits: ")))
        .containsExactly(
            "waits: kvm-01 does not answer.",
            "waits: kvm-01 has no room.",
            "waits: kvm-01 has no room.");
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
