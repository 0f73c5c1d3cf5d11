package org.dcbalance.notification;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.migration.MigrationFinished;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.recommendation.RoundFinished;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.transaction.support.TransactionTemplate;

/** From what happens to what a receiver gets, on a running console with real receivers. */
@ConsoleTest
class NotificationTest extends Receiving {
  @Autowired private FleetEvents fleet;
  @Autowired private ApplicationEventPublisher publisher;
  @Autowired private TransactionTemplate transaction;
  @Autowired private Outbox outbox;
  @Autowired private Destinations destinations;
  @Autowired private Sending sending;
  @Autowired private NotificationSettings settings;

  @Test
  void whatIsCommittedIsToldAndWhatIsRolledBackIsNot() {
    add("test all", "/all", "INFO", "HOST_UNREACHABLE", "HOST_BACK", "MIGRATION_FAILED");
    add("test critical", "/critical", "CRITICAL", "HOST_UNREACHABLE", "HOST_BACK");
    add("test others", "/others", "INFO", "EVACUATION_ENDED");
    transaction.executeWithoutResult(
        status -> {
          hostDown("kvm-rolled-back does not answer.");
          status.setRollbackOnly();
        });
    transaction.executeWithoutResult(status -> hostDown("kvm-02 does not answer."));
    fleet.record(FleetEvents.Severity.INFO, "host-up", null, null, null, "kvm-02 answers again.");
    ended(MigrationState.FAILED, true, "web-07 stayed.");
    ended(MigrationState.COMPLETED, false, "web-08 moved.");
    ended(MigrationState.ABORTED, false, "web-09 was left where it is, as asked.");
    ended(MigrationState.ABORTED, true, "web-10 no longer gained.");
    seen(() -> receiver.at("/all").size() == 4 && receiver.at("/critical").size() == 1);
    assertThat(bodies("/all"))
        .anySatisfy(
            b ->
                assertThat(b)
                    .contains(
                        "\"event\":\"HOST_UNREACHABLE\"",
                        "\"severity\":\"CRITICAL\"",
                        "\"sentence\":\"kvm-02 does not answer.\""))
        .anySatisfy(b -> assertThat(b).contains("HOST_BACK"))
        .anySatisfy(b -> assertThat(b).contains("MIGRATION_FAILED", "web-07 stayed."))
        .anySatisfy(b -> assertThat(b).contains("MIGRATION_FAILED", "web-10 no longer gained."))
        .noneSatisfy(b -> assertThat(b).containsAnyOf("web-08", "web-09"));
    assertThat(bodies("/critical")).singleElement().asString().contains("kvm-02 does not answer.");
    assertThat(receiver.at("/others")).isEmpty();
    // the same event has the same id wherever it is told
    assertThat(receiver.at("/critical").getFirst().header("X-DCbalance-Delivery"))
        .isIn(receiver.at("/all").stream().map(t -> t.header("X-DCbalance-Delivery")).toList());
    seen(() -> states("test all").equals(Map.of("SENT", 4L)));
  }

  @Test
  void whatHappensWhileADestinationIsChangedIsToldToIt() throws Exception {
    long id = add("test changed", "/changed", "INFO", "HOST_BACK");
    try (var other = Executors.newSingleThreadExecutor()) {
      transaction.executeWithoutResult(
          status -> {
            destinations.hold(id);
            var told =
                other.submit(
                    () ->
                        fleet.record(
                            FleetEvents.Severity.INFO,
                            "host-up",
                            null,
                            null,
                            null,
                            "kvm-03 is back."));
            assertThat(told).succeedsWithin(Duration.ofSeconds(20));
          });
    }
    seen(() -> receiver.at("/changed").size() == 1);
  }

  /** A definition that is left over runs nowhere. */
  @Test
  void onlyAVmThatRunsTwiceIsCritical() {
    add("test split", "/split", "CRITICAL", "MIGRATION_LOST");
    fleet.record(
        FleetEvents.Severity.WARN, "vm-split", null, null, null, "kvm-01 still has web-01.");
    fleet.record(FleetEvents.Severity.BAD, "vm-split", null, null, null, "web-02 runs twice.");
    seen(() -> !receiver.at("/split").isEmpty());
    assertThat(bodies("/split")).singleElement().asString().contains("web-02 runs twice.");
  }

  @Test
  void whatOutsidersCanCauseIsToldOnceInAWhile() {
    add("test brake", "/brake", "INFO", "SIGN_IN_HELD_OFF");
    for (int i = 0; i < 9; i++) {
      browser.signIn("nobody-" + receiver.port(), "wrong");
    }
    seen(() -> !receiver.at("/brake").isEmpty());
    assertThat(bodies("/brake").getFirst())
        .contains("are held off after too many failures")
        .doesNotContain("nobody-" + receiver.port());
    assertThat(count("test brake")).isEqualTo(1);
  }

  @Test
  void aRoundThatCannotDecideAnyMoreIsToldAndOneThatBeginsIsNot() {
    add("test rounds", "/rounds", "INFO", "ROUND_NOT_DECIDED");
    long pool =
        jdbc.sql("insert into pool (name, paused) values (:name, true) returning id")
            .param("name", "rounds " + receiver.port())
            .query(Long.class)
            .single();
    try {
      for (var outcome :
          List.of(
              "NOT_ENOUGH_DATA",
              "BALANCED",
              "NOT_ENOUGH_DATA",
              "NOT_ENOUGH_DATA",
              "BALANCED",
              "NOT_ENOUGH_DATA")) {
        long round =
            jdbc.sql(
                    """
                    insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold, window_seconds,
                      sentence, requested_by, passed_over, terms)
                    select :pool, count(*) + 1, now(), 1, 'DCbalance', :outcome, 0.15, 60,
                      'Sentence ' || count(*) + 1, 'DCbalance', '[]', '[]' from round where pool_id = :pool
                    returning id
                    """)
                .param("pool", pool)
                .param("outcome", outcome)
                .query(Long.class)
                .single();
        publisher.publishEvent(new RoundFinished(new PoolId(pool), round));
      }
      seen(() -> receiver.at("/rounds").size() == 1);
      assertThat(bodies("/rounds"))
          .singleElement()
          .asString()
          .contains("Sentence 3", "\"name\":\"rounds ");
      assertThat(count("test rounds")).as("once an hour").isEqualTo(1);
    } finally {
      jdbc.sql("delete from pool where id = :id").param("id", pool).update();
    }
  }

  @Test
  void aFailureIsTriedAgainAndTheReceiverKnowsTheMessage() {
    receiver.answer("/later", Receiver.status(503));
    add("test later", "/later", "INFO", "HOST_UNREACHABLE");
    hostDown("first try");
    seen(() -> outcomes("test later").stream().anyMatch(o -> o.contains("answered 503")));
    assertThat(states("test later")).isEqualTo(Map.of("WAITING", 1L));
    assertThat(
            jdbc.sql(
                    """
                    select extract(epoch from n.next_at - n.tried_at) from notification_delivery n
                    join notification_destination d on d.id = n.destination_id where d.name = 'test later'
                    """)
                .query(Double.class)
                .single())
        .isBetween(14.9, 29.0);
    receiver.answer("/later", Receiver.status(200));
    soon("test later");
    seen(() -> states("test later").equals(Map.of("SENT", 1L)));
    var taken = receiver.at("/later");
    assertThat(taken).hasSize(2);
    assertThat(taken.get(0).header("X-DCbalance-Delivery"))
        .isEqualTo(taken.get(1).header("X-DCbalance-Delivery"));
    assertThat(taken.get(0).body()).isEqualTo(taken.get(1).body());
    var metrics = browser.get("/actuator/prometheus", "Authorization", BEARER).body();
    assertThat(metrics)
        .containsPattern("dcbalance_notifications_total\\{.*outcome=\"sent\".*} [1-9]")
        .containsPattern("dcbalance_notifications_total\\{.*outcome=\"failed\".*} [1-9]")
        .containsPattern("dcbalance_notifications_total\\{.*outcome=\"given_up\".*}");
  }

  @Test
  void afterADayItIsGivenUpAndShown() {
    receiver.answer("/gone", Receiver.status(410));
    add("test gone", "/gone", "INFO", "HOST_UNREACHABLE");
    transaction.executeWithoutResult(
        status -> {
          hostDown("too old");
          jdbc.sql(
                  "update notification_delivery set at = now() - interval '25 hours' where sentence = 'too old'")
              .update();
        });
    seen(() -> states("test gone").equals(Map.of("GIVEN_UP", 1L)));
    assertThat(outcomes("test gone")).singleElement().asString().contains("answered 410");
    soon("test gone");
    assertThat(outbox.due()).doesNotContain(id("test gone"));
  }

  @Test
  void waitsGrowToTwoHours() {
    assertThat(IntStream.of(1, 2, 3, 9, 10, 11, 60).mapToObj(Courier::waitAfter))
        .containsExactly(
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(3840),
            Duration.ofHours(2),
            Duration.ofHours(2),
            Duration.ofHours(2));
  }

  @Test
  void whoHasWaitedLongestIsServedFirst() {
    long one = add("test one", "/one", "INFO", "HOST_UNREACHABLE");
    long two = add("test two", "/two", "INFO", "HOST_UNREACHABLE");
    transaction.executeWithoutResult(
        status -> {
          // the running console does not see what is not committed
          status.setRollbackOnly();
          hostDown("waited for");
          waitsFor(one, 60);
          waitsFor(two, 120);
          assertThat(outbox.due()).containsSubsequence(two, one);
          waitsFor(one, 180);
          assertThat(outbox.due()).containsSubsequence(one, two);
        });
  }

  private void waitsFor(long destination, int seconds) {
    jdbc.sql(
            "update notification_delivery set next_at = now() - make_interval(secs => :seconds) where destination_id = :id")
        .param("seconds", seconds)
        .param("id", destination)
        .update();
  }

  @Test
  void aSlowReceiverHoldsUpNobodyElse() {
    var quickIsServed = new CountDownLatch(1);
    receiver.answer(
        "/slow",
        exchange -> {
          quickIsServed.await();
          exchange.sendResponseHeaders(204, -1);
        });
    add("test slow", "/slow", "INFO", "HOST_UNREACHABLE");
    add("test quick", "/quick", "INFO", "HOST_UNREACHABLE");
    var began = System.nanoTime();
    for (int i = 0; i < 5; i++) {
      hostDown("event " + i);
    }
    seen(() -> receiver.at("/quick").size() == 5);
    // the slow one is waited for until then
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(settings.deadline());
    assertThat(receiver.at("/slow")).as("one at a time").hasSize(1);
    quickIsServed.countDown();
  }

  @Test
  void twoConsolesNeverSendTheSameMessage() throws Exception {
    var names = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      names.add("/twin-" + i);
      add("test twin " + i, "/twin-" + i, "INFO", "HOST_UNREACHABLE");
    }
    var other =
        new Courier(
            outbox, destinations, sending, settings, new SimpleMeterRegistry(), Clock.systemUTC());
    var third =
        new Courier(
            outbox, destinations, sending, settings, new SimpleMeterRegistry(), Clock.systemUTC());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 12; i++) {
        hostDown("twin " + i);
        threads.execute(other::look);
        threads.execute(third::look);
      }
      seen(
          () -> {
            other.look();
            third.look();
            return names.stream().allMatch(n -> receiver.at(n).size() >= 12)
                && states("test twin 0").equals(Map.of("SENT", 12L));
          });
    } finally {
      other.destroy();
      third.destroy();
    }
    for (var name : names) {
      assertThat(receiver.at(name).stream().map(t -> t.header("X-DCbalance-Delivery")))
          .as(name)
          .hasSize(12)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void aClaimKeepsOthersOffUntilItRunsOutAndItsLateOutcomeCountsForNothing() {
    // switched off meanwhile, so that the running console leaves it alone
    long id = add("test claim", "/claim", "INFO", "HOST_UNREACHABLE");
    transaction.executeWithoutResult(
        status -> {
          hostDown("claimed");
          jdbc.sql(
                  "update notification_delivery set claimed_until = now() + interval '1 hour' where destination_id = :id")
              .param("id", id)
              .update();
        });
    assertThat(outbox.due()).doesNotContain(id);
    assertThat(outbox.claim(id, Duration.ofMinutes(1))).isEmpty();
    var first =
        transaction.execute(
            status -> {
              jdbc.sql(
                      "update notification_delivery set claimed_until = now() - interval '1 second' where destination_id = :id")
                  .param("id", id)
                  .update();
              return outbox.claim(id, Duration.ofMinutes(5)).orElseThrow();
            });
    jdbc.sql("update notification_delivery set attempts = attempts + 1 where id = :id")
        .param("id", first.id())
        .update();
    assertThat(outbox.sent(first, "too late")).isFalse();
    assertThat(states("test claim")).isEqualTo(Map.of("WAITING", 1L));
  }

  private void ended(MigrationState outcome, boolean failed, String sentence) {
    var finished =
        new MigrationFinished(77, null, new PoolId(1), new VmId(1), outcome, failed, sentence);
    transaction.executeWithoutResult(status -> publisher.publishEvent(finished));
  }

  private static void seen(BooleanSupplier what) {
    Await.until("what is told", Duration.ofSeconds(10), what::getAsBoolean, seen -> seen);
  }

  private void hostDown(String sentence) {
    fleet.record(FleetEvents.Severity.WARN, "host-down", null, null, null, sentence);
  }

  private long add(String name, String path, String least, String... events) {
    var answer = send("POST", "", webhook(name, path, least, events));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    assertThat(answer.body()).contains("\"signingSecret\":\"dcbw_");
    return id(name);
  }

  private long count(String name) {
    return states(name).values().stream().mapToLong(Long::longValue).sum();
  }

  private Map<String, Long> states(String name) {
    return jdbc
        .sql(
            """
            select n.state, count(*) from notification_delivery n
            join notification_destination d on d.id = n.destination_id where d.name = ? group by n.state
            """)
        .param(name)
        .query((row, i) -> Map.entry(row.getString(1), row.getLong(2)))
        .list()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private List<String> outcomes(String name) {
    return jdbc.sql(
            """
            select n.outcome from notification_delivery n
            join notification_destination d on d.id = n.destination_id where d.name = ?
            """)
        .param(name)
        .query(String.class)
        .list();
  }

  private void soon(String name) {
    jdbc.sql(
            """
            update notification_delivery set next_at = now()
            where destination_id = (select id from notification_destination where name = ?)
            """)
        .param(name)
        .update();
  }

  private List<String> bodies(String path) {
    return receiver.at(path).stream()
        .map(taken -> new String(taken.body(), StandardCharsets.UTF_8))
        .toList();
  }
}
