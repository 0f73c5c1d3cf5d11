package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What is approved without a person, and which moves end that. */
@ConsoleTest
class AutomationTest {
  private static final String ANN = "ann";
  private static final String ITSELF = Operator.DCBALANCE.name();

  @LocalServerPort private int port;
  @Autowired private Automation automation;
  @Autowired private Pools pools;
  @Autowired private ApplicationEventPublisher events;
  @Autowired private TransactionTemplate transaction;
  @Autowired private JdbcClient jdbc;
  private RecordedPool recorded;

  /** A pool that has no hosts: no round but those of the test is run. */
  private PoolId pool;

  private long newest;

  @BeforeEach
  void propose() {
    recorded = new RecordedPool(jdbc, "automation-" + UUID.randomUUID(), 1);
    pool =
        new PoolId(
            number("insert into pool (name) values ('auto ' || gen_random_uuid()) returning id"));
    long older = round(1);
    newest = round(2);
    recommendation(1, newest, "HIGH", "PROPOSED", null);
    recommendation(2, newest, "MEDIUM", "PROPOSED", null);
    recommendation(3, newest, "LOW", "PROPOSED", null);
    recommendation(4, older, "HIGH", "PROPOSED", null);
  }

  @AfterEach
  void forget() {
    // what is approved may be about to begin: whoever works on it holds its migration first, too
    for (var what : List.of("migration where pool_id", "pool where id")) {
      jdbc.sql("delete from " + what + " = :pool").param("pool", pool.value()).update();
    }
    recorded.close();
  }

  @ParameterizedTest
  @CsvSource({"HIGH, 1", "MEDIUM, 1 2", "LOW, 1 2 3"})
  void whatTheNewestRoundConfirmedIsApprovedFromThePriorityOn(
      HostPool.Urgency from, String approved) {
    automate(HostPool.Automation.AUTOMATIC, from);
    automation.approveWhatMayBe(pool);
    assertThat(approvedByItself()).isEqualTo(approved);
    assertThat(
            number(
                "select count(*) from migration where requested_by = 'DCbalance' and pool_id = "
                    + pool))
        .isEqualTo(approved.split(" ").length);
  }

  @Test
  void nothingIsApprovedInQuietHoursOrWhileItIsPausedOrWaitsForAPerson() {
    for (var waits : List.of(HostPool.Automation.MANUAL, HostPool.Automation.OBSERVE)) {
      automate(waits, HostPool.Urgency.LOW);
      automation.approveWhatMayBe(pool);
      assertThat(approvedByItself()).as("with " + waits).isEmpty();
    }
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.LOW);
    change("{\"quietHours\": \"" + PoolByApi.aroundNow() + "\"}");
    automation.approveWhatMayBe(pool);
    assertThat(approvedByItself()).as("in quiet hours").isEmpty();
    change("{\"quietHours\": \"\"}");
    pause(true);
    automation.approveWhatMayBe(pool);
    assertThat(approvedByItself()).as("paused").isEmpty();
    pause(false);
    automation.approveWhatMayBe(pool);
    assertThat(approvedByItself()).isEqualTo("1 2 3");
  }

  @Test
  void twoAutomaticMovesThatFailedEndItAndAreForgottenOnceAPersonSetsItAgain() {
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH);
    ends(5, ITSELF, false);
    ends(6, ANN, false);
    assertThat(automationNow()).as("one of two failed").isEqualTo(HostPool.Automation.AUTOMATIC);
    ends(7, ITSELF, false);
    assertThat(automationNow()).isEqualTo(HostPool.Automation.MANUAL);
    assertThat(fallBacks()).isEqualTo("1 event, 1 entry");

    long before = recommendation(8, newest, "HIGH", "APPROVED", ITSELF);
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH);
    ends(9, ANN, true);
    assertThat(automationNow())
        .as("a person's move says nothing")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    end(before, false);
    ends(10, ITSELF, false);
    assertThat(automationNow())
        .as("one of two failed that were approved since")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    change("{\"automaticFrom\": \"LOW\"}");
    ends(11, ITSELF, false);
    assertThat(automationNow())
        .as("another priority is no new beginning")
        .isEqualTo(HostPool.Automation.MANUAL);
    assertThat(fallBacks()).isEqualTo("2 events, 2 entries");
  }

  @Test
  void movesThatWereRefusedBeforeTheyBeganEndNothing() {
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH);
    ends(5, ITSELF, false);
    for (int vm : List.of(6, 7, 8)) {
      long refused = recommendation(vm, newest, "HIGH", "APPROVED", ITSELF);
      attempt(refused, 1, "REFUSED");
      end(refused, false);
    }
    assertThat(automationNow())
        .as("one was tried, and three were not")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    long failed = recommendation(9, newest, "HIGH", "APPROVED", ITSELF);
    attempt(failed, 1, "FAILED");
    attempt(failed, 2, "REFUSED");
    end(failed, false);
    assertThat(automationNow())
        .as("refused when it was tried again")
        .isEqualTo(HostPool.Automation.MANUAL);
    assertThat(fallBacks()).isEqualTo("1 event, 1 entry");
  }

  private void attempt(long recommendation, int number, String state) {
    jdbc.sql(
            """
            insert into migration (pool_id, recommendation_id, vm_id, source_id, target_id, state,
              phase, attempt, why, requested_by, created_at, started_at, finished_at)
            select pool_id, id, vm_id, source_id, target_id, :state, 'DONE', :number, '', 'DCbalance',
              now(), now(), now() from recommendation where id = :id
            """)
        .param("state", state)
        .param("number", number)
        .param("id", recommendation)
        .update();
  }

  @Test
  void movesThatDidNotHelpEndItOnceThatIsKnownOfThoseInARow() {
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH);
    long first = ends(5, ITSELF, true);
    long second = ends(6, ITSELF, true);
    measured(first, 0.39);
    assertThat(automationNow())
        .as("the other may have helped")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    measured(second, 0.15);
    ends(7, ITSELF, false);
    assertThat(automationNow())
        .as("the one before it helped")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    measured(ends(8, ITSELF, true), 0.39);
    assertThat(automationNow()).isEqualTo(HostPool.Automation.MANUAL);
    assertThat(fallBacks()).isEqualTo("1 event, 1 entry");
  }

  @Test
  void aMoveEndsWhateverElseIsChangedOfItsPoolAtTheSameMoment() {
    automate(HostPool.Automation.AUTOMATIC, HostPool.Urgency.HIGH);
    ends(5, ITSELF, false);
    long last = recommendation(6, newest, "HIGH", "APPROVED", ITSELF);
    transaction.executeWithoutResult(
        status -> {
          assertThat(automationNow()).isEqualTo(HostPool.Automation.AUTOMATIC);
          change("{\"automaticFrom\": \"LOW\"}");
          events.publishEvent(new Ended(last, pool, new VmId(1), false));
        });
    assertThat(automationNow()).isEqualTo(HostPool.Automation.MANUAL);
    assertThat(pools.findById(pool.value()).orElseThrow().automaticFrom())
        .as("what a person changed meanwhile")
        .isEqualTo(HostPool.Urgency.LOW);
    assertThat(fallBacks()).isEqualTo("1 event, 1 entry");
  }

  /** Says that a move has ended, as whoever carried it out does. */
  private record Ended(@Nullable Long recommendationId, PoolId pool, VmId vm, boolean succeeded)
      implements MoveSettled {
    @Override
    public String sentence() {
      return succeeded ? "It is there." : "It is not.";
    }
  }

  private long ends(int vm, String by, boolean well) {
    long id = recommendation(vm, newest, "HIGH", "APPROVED", by);
    end(id, well);
    return id;
  }

  private void end(long recommendation, boolean well) {
    transaction.executeWithoutResult(
        status -> events.publishEvent(new Ended(recommendation, pool, new VmId(1), well)));
    assertThat(
            number(
                "select count(*) from recommendation where state = 'SETTLED' and id = "
                    + recommendation))
        .isOne();
  }

  /** Says what a round saw of a move that was to take an imbalance of 0.4 to 0.1. */
  private void measured(long recommendation, double imbalance) {
    jdbc.sql("update recommendation set imbalance_measured = :imbalance where id = :id")
        .param("imbalance", imbalance)
        .param("id", recommendation)
        .update();
    transaction.executeWithoutResult(
        status -> events.publishEvent(new MoveMeasured(pool, recommendation)));
  }

  private void automate(HostPool.Automation to, HostPool.Urgency from) {
    change("{\"automation\": \"%s\", \"automaticFrom\": \"%s\"}".formatted(to, from));
  }

  private void change(String body) {
    new PoolByApi(port, pool).change(body);
  }

  private void pause(boolean paused) {
    jdbc.sql("update pool set paused = :paused where id = :pool")
        .param("paused", paused)
        .param("pool", pool.value())
        .update();
  }

  private HostPool.Automation automationNow() {
    return pools.findById(pool.value()).orElseThrow().automation();
  }

  /** The numbers of the VMs whose moves it approved, in the order of these. */
  private String approvedByItself() {
    return jdbc.sql(
            """
            select coalesce(string_agg(right(v.name, 1), ' ' order by v.name), '')
            from recommendation r join vm v on v.id = r.vm_id
            where r.pool_id = :pool and r.decided_by = 'DCbalance'
            """)
        .param("pool", pool.value())
        .query(String.class)
        .single();
  }

  private String fallBacks() {
    long told =
        number(
            "select count(*) from fleet_event where kind = 'automation-fell-back' and pool_id = "
                + pool);
    long noted =
        number(
            "select count(*) from audit_entry where act = 'AUTOMATION_FELL_BACK'"
                + " and kind = 'pool' and object_id = "
                + pool);
    return "%d event%s, %d %s"
        .formatted(told, told == 1 ? "" : "s", noted, noted == 1 ? "entry" : "entries");
  }

  private long round(int number) {
    return number(
        """
        insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold,
          window_seconds, sentence, requested_by)
        values (%s, %d, now(), 1, 'DCbalance', 'PROPOSAL', 0.15, 600, '', 'test') returning id
        """
            .formatted(pool, number));
  }

  private long recommendation(
      int vm, long round, String priority, String state, @Nullable String decidedBy) {
    if (vm > 4) {
      recorded.unrecorded(vm);
    }
    return jdbc.sql(
            """
            insert into recommendation (pool_id, round_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at,
              decided_at, decided_by)
            select :pool, :round, v.id, v.host_id, t.id, :priority, :state, 'Its host is hot.', 'There is room.', '[]',
              '{"bytes": 2147483648, "millis": 20000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
                "measuredDirtyRate": true, "measuredBandwidth": true}', 0.3, 0.4, 0.1, now(),
              now() + interval '1 hour',
              case when cast(:by as text) is not null then clock_timestamp() end, cast(:by as text)
            from vm v join host t on t.pool_id = :hosts and t.id <> v.host_id
            where v.host_id in (select id from host where pool_id = :hosts) and v.name like '%-vm-' || :vm
            order by t.name limit 1 returning id
            """)
        .param("pool", pool.value())
        .param("round", round)
        .param("priority", priority)
        .param("state", state)
        .param("by", decidedBy)
        .param("hosts", recorded.id())
        .param("vm", vm)
        .query(Long.class)
        .single();
  }

  private long number(String sql) {
    return jdbc.sql(sql).query(Long.class).single();
  }
}
