package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.inventory.QuietHours;
import org.dcbalance.recommendation.PoolReplays.Entry;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.TimeRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Replays of load that was recorded in the database. */
@ConsoleTest
class PoolReplaysTest {
  private static final int MINUTES = 90;

  @Autowired private PoolReplays replays;
  @Autowired private PoolPolicy policy;
  @Autowired private JdbcClient jdbc;
  private RecordedPool recorded;

  @BeforeEach
  void record() {
    recorded = new RecordedPool(jdbc, "replay-" + UUID.randomUUID(), MINUTES);
  }

  @AfterEach
  void forget() {
    recorded.close();
  }

  @Test
  void aDayIsPlayedAsItWasRecorded() {
    recorded.unrecorded(5);
    var pool = policy.find(recorded.id());
    var compared =
        replays.compare(
            pool,
            lastDay(),
            0.85,
            List.of(
                entry(pool, HostPool.Balancing.NONE), entry(pool, HostPool.Balancing.DCBALANCE)));
    assertThat(compared.recorded()).isEqualTo(Duration.ofMinutes(MINUTES));
    assertThat(compared.played()).isEqualTo(compared.recorded());
    assertThat(compared.step()).isEqualTo(Duration.ofMinutes(1));
    assertThat(compared.hosts()).isEqualTo(3);
    assertThat(compared.vms()).isEqualTo(4);
    assertThat(compared.leftOut()).isOne();
    var none = compared.tallies().getFirst();
    // 4.8 cores of guests and 0.2 of the host itself, of 4
    assertThat(none.unmetCoreSeconds()).isCloseTo(MINUTES * 60, within(1.0));
    assertThat(none.hotSeconds()).isCloseTo(MINUTES * 60, within(1e-6));
    assertThat(none.migrations()).isZero();
    var ours = compared.tallies().getLast();
    assertThat(ours.migrations()).isPositive();
    assertThat(ours.first().getFirst().source()).endsWith("-1");
    assertThat(ours.unmetCoreSeconds()).isLessThan(none.unmetCoreSeconds() / 4);
    assertThat(ours.lastImbalance()).isLessThan(none.lastImbalance() / 2);
    assertThat(
            jdbc.sql("select count(*) from recommendation where pool_id = :pool")
                .param("pool", recorded.id())
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void automaticApprovalRestsInQuietHours() {
    var pool = policy.find(recorded.id());
    pool.automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH, Instant.now());
    var always =
        replays.compare(
            pool, lastDay(), 0.85, List.of(new Entry("a", pool, pool.strategy(), true)));
    assertThat(always.tallies().getFirst().migrations()).isPositive();
    var hour = DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneOffset.UTC);
    var now = Instant.now();
    pool.keepQuiet(
        QuietHours.parse(
            hour.format(now.minus(Duration.ofHours(3)))
                + "-"
                + hour.format(now.plus(Duration.ofHours(3)))));
    var quiet =
        replays.compare(
            pool, lastDay(), 0.85, List.of(new Entry("q", pool, pool.strategy(), true)));
    assertThat(quiet.tallies().getFirst().migrations()).isZero();
  }

  @Test
  void tooLittleIsSaidAndNotPlayed() {
    var pool = policy.find(recorded.id());
    var tenMinutes = TimeRange.last(Duration.ofMinutes(10), Instant.now());
    assertThatThrownBy(
            () ->
                replays.compare(
                    pool, tenMinutes, 0.85, List.of(entry(pool, HostPool.Balancing.NONE))))
        .hasMessageStartingWith("Too little is recorded of " + pool.name() + " in this time: ")
        .hasMessageEndingWith("and 26 min are needed.");
  }

  private static Entry entry(HostPool pool, HostPool.Balancing strategy) {
    return new Entry(strategy.name(), pool, strategy, false);
  }

  private static TimeRange lastDay() {
    return TimeRange.last(Duration.ofDays(1), Instant.now());
  }
}
