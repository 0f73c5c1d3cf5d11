package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class SignInBrakeTest {
  private final HandClock clock = new HandClock();
  private final SignInBrake brake = new SignInBrake(clock);

  @Test
  void theWaitDoublesAfterFiveFailures() {
    failFiveTimes();
    assertThat(brake.begin("admin", "10.0.0.1")).hasValue(Duration.ofSeconds(1));
    clock.pass(Duration.ofSeconds(1));
    assertThat(brake.begin("admin", "10.0.0.1")).isEmpty();
    assertThat(brake.begin("admin", "10.0.0.1")).hasValue(Duration.ofSeconds(2));
  }

  @Test
  void theWaitHasAnEnd() {
    failFiveTimes();
    for (int i = 0; i < 40; i++) {
      clock.pass(SignInBrake.LONGEST);
      assertThat(brake.begin("admin", "10.0.0.1")).isEmpty();
    }
    assertThat(brake.begin("admin", "10.0.0.1")).hasValue(SignInBrake.LONGEST);
  }

  @Test
  void othersAreNotHeldOff() {
    failFiveTimes();
    assertThat(brake.begin("ADMIN", "10.0.0.1")).isPresent();
    assertThat(brake.begin("admin", "10.0.0.2")).isEmpty();
    assertThat(brake.begin("amy", "10.0.0.1")).isEmpty();
  }

  @Test
  void successForgetsTheFailures() {
    failFiveTimes();
    clock.pass(Duration.ofSeconds(1));
    assertThat(brake.begin("admin", "10.0.0.1")).isEmpty();
    brake.succeeded("admin", "10.0.0.1");
    failFiveTimes();
    assertThat(brake.begin("admin", "10.0.0.1")).hasValue(Duration.ofSeconds(1));
  }

  @Test
  void anotherNameEachTimeIsHeldOffByItsAddressAndNobodyElseIs() {
    failAsManyFrom("10.0.0.1");
    assertThat(brake.begin("amy", "10.0.0.1")).hasValue(Duration.ofSeconds(1));
    assertThat(brake.begin("amy", "10.0.0.2")).isEmpty();
    clock.pass(Duration.ofSeconds(1));
    assertThat(brake.begin("amy", "10.0.0.1")).isEmpty();
    assertThat(brake.begin("bob", "10.0.0.1")).hasValue(Duration.ofSeconds(2));
  }

  @Test
  void ofIpv6TheNetworkCounts() {
    for (int i = 0; i < SignInBrake.FREE_FAILURES_OF_ADDRESS; i++) {
      assertThat(brake.begin("user" + i, "2001:db8:0:1::" + i)).isEmpty();
    }
    assertThat(brake.begin("amy", "2001:db8:0:1:ffff::1")).isPresent();
    assertThat(brake.begin("amy", "2001:db8:0:2::1")).isEmpty();
  }

  @Test
  void whoSignsInDoesNotForgiveTheirNeighboursAndIsNotCounted() {
    for (int i = 0; i < 100; i++) {
      assertThat(brake.begin("amy", "10.0.0.1")).isEmpty();
      brake.succeeded("amy", "10.0.0.1");
    }
    failAsManyFrom("10.0.0.1");
    clock.pass(Duration.ofSeconds(1));
    assertThat(brake.begin("amy", "10.0.0.1")).isEmpty();
    brake.succeeded("amy", "10.0.0.1");
    assertThat(brake.begin("bob", "10.0.0.1")).isEmpty();
    assertThat(brake.begin("bob", "10.0.0.1")).hasValue(Duration.ofSeconds(2));
  }

  @Test
  void thisMachineStandsForEverybodyBehindAProxyAndIsNotHeldOff() {
    failAsManyFrom("127.0.0.1");
    assertThat(brake.begin("amy", "127.0.0.1")).isEmpty();
  }

  @Test
  void whatWasNotCheckedDoesNotCountAndFailuresAreForgotten() {
    for (int i = 0; i < 100; i++) {
      assertThat(brake.begin("admin", "10.0.0.1")).isEmpty();
      brake.withdrawn("admin", "10.0.0.1");
    }
    failFiveTimes();
    assertThat(brake.begin("admin", "10.0.0.1")).isPresent();
    clock.pass(SignInBrake.FORGOTTEN_AFTER.plusSeconds(2));
    failFiveTimes();
    assertThat(brake.begin("admin", "10.0.0.1")).hasValue(Duration.ofSeconds(1));
  }

  private void failAsManyFrom(String address) {
    for (int i = 0; i < SignInBrake.FREE_FAILURES_OF_ADDRESS; i++) {
      assertThat(brake.begin("user" + i, address)).isEmpty();
    }
  }

  private void failFiveTimes() {
    for (int i = 0; i < SignInBrake.FREE_FAILURES; i++) {
      assertThat(brake.begin("admin", "10.0.0.1")).isEmpty();
    }
  }

  private static final class HandClock extends Clock {
    private Instant now = Instant.parse("2026-01-31T14:00:00Z");

    void pass(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
