package org.dcbalance.notification;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.migration.MigrationFinished;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.recommendation.RoundFinished;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** From what happens to what a receiver gets, on a running console with real receivers. */
@ConsoleTest
class NotificationTest {
  private static final String BEARER = "Bearer " + ConsoleTest.TOKEN;

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private FleetEvents fleet;
  @Autowired private ApplicationEventPublisher publisher;
  @Autowired private TransactionTemplate transaction;
  @Autowired private Outbox outbox;
  @Autowired private Destinations destinations;
  @Autowired private Sending sending;
  @Autowired private NotificationSettings settings;
  @Autowired private SecretAddresses addresses;
  private Receiver receiver;
  private Browser browser;

  @BeforeEach
  void start() {
    receiver = new Receiver();
    browser = new Browser(port);
  }

  @AfterEach
  void stop() {
    jdbc.sql("delete from notification_destination where name like 'test %'").update();
    browser.close();
    receiver.close();
  }

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
    ended(MigrationState.FAILED, "web-07 stayed.");
    ended(MigrationState.COMPLETED, "web-08 moved.");
    ended(MigrationState.ABORTED, "web-09 was left where it is, as asked.");
    seen(() -> receiver.at("/all").size() == 3 && receiver.at("/critical").size() == 1);
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
        .noneSatisfy(b -> assertThat(b).containsAnyOf("web-08", "web-09"));
    assertThat(bodies("/critical")).singleElement().asString().contains("kvm-02 does not answer.");
    assertThat(receiver.at("/others")).isEmpty();
    // the same event has the same id wherever it is told
    assertThat(receiver.at("/critical").getFirst().header("X-DCbalance-Delivery"))
        .isIn(receiver.at("/all").stream().map(t -> t.header("X-DCbalance-Delivery")).toList());
    seen(() -> states("test all").equals(Map.of("SENT", 3L)));
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
        .isBetween(14.9, 20.0);
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
  void aSlowReceiverHoldsUpNobodyElse() {
    receiver.answer(
        "/slow",
        exchange -> {
          Thread.sleep(6000);
          exchange.sendResponseHeaders(204, -1);
        });
    add("test slow", "/slow", "INFO", "HOST_UNREACHABLE");
    add("test quick", "/quick", "INFO", "HOST_UNREACHABLE");
    var began = System.nanoTime();
    for (int i = 0; i < 5; i++) {
      hostDown("event " + i);
    }
    seen(() -> receiver.at("/quick").size() == 5);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    assertThat(receiver.at("/slow")).as("one at a time").hasSize(1);
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

  @Test
  void whatIsAddedByApiIsSeenWithoutItsSecretTriedAndRemoved() {
    var made =
        send(
            "POST",
            "",
            webhook("test api", "/api", "INFO", "HOST_BACK")
                .replace("}", ",\"signingSecret\":\"a secret of sixteen\"}"));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.body())
        .contains("\"signingSecret\":null")
        .doesNotContain("a secret of sixteen");
    long id = id("test api");
    assertThat(send("GET", "/" + id, "").body()).contains("\"secretSetBy\":\"token environment\"");
    assertThat(send("POST", "/" + id + "/test", "{}").body())
        .contains("\"delivered\":true", "answered 204");
    assertThat(receiver.at("/api").getFirst().header("X-DCbalance-Event")).isEqualTo("TEST");
    assertThat(
            send("PUT", "/" + id, webhook("test api", "/api2?token=abc", "WARNING", "HOST_BACK"))
                .statusCode())
        .isEqualTo(200);
    assertThat(send("GET", "/" + id + "/deliveries", "").body()).contains("\"items\":[]");
    var audit = browser.get("/api/v1/audit?q=test%20api", "Authorization", BEARER).body();
    assertThat(audit)
        .contains("DESTINATION_ADDED", "DESTINATION_TESTED", "DESTINATION_CHANGED", "/… (")
        .doesNotContain("a secret of sixteen", "token=abc", "/api2");
    assertThat(
            send("PUT", "/" + id, webhook("test api", "/api2?token=xyz", "WARNING", "HOST_BACK"))
                .statusCode())
        .isEqualTo(200);
    assertThat(
            browser
                .get("/api/v1/audit?q=test%20api&act=DESTINATION_CHANGED", "Authorization", BEARER)
                .body()
                .split("DESTINATION_CHANGED", -1))
        .as("another key is another address")
        .hasSize(3);
    assertThat(send("DELETE", "/" + id, "").statusCode()).isEqualTo(204);
    assertThat(send("GET", "/" + id, "").statusCode()).isEqualTo(404);
    assertThat(
            jdbc.sql("select count(*) from secret where place like 'notification/' || :id || '/%'")
                .param("id", id)
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void aSecretAddressOfAnEarlierVersionIsSealed() {
    var url = receiver.url("/services/T0/key");
    jdbc.sql(
            """
            insert into notification_destination (name, kind, url, payload, events, least_severity, created_by)
            values ('test slack', 'WEBHOOK', :url, 'SLACK', '{HOST_BACK}', 'INFO', 'amy')
            """)
        .param("url", url)
        .update();
    long id = id("test slack");
    addresses.sealAll();
    assertThat(
            jdbc.sql("select url from notification_destination where id = :id")
                .param("id", id)
                .query(String.class)
                .single())
        .isEqualTo(url.replace("/services/T0/key", ""));
    assertThat(send("GET", "/" + id, "").body())
        .contains("\"secretSetBy\":\"DCbalance\"")
        .doesNotContain("/services/T0");
    addresses.sealAll();
    assertThat(send("POST", "/" + id + "/test", "{}").body()).contains("\"delivered\":true");
    assertThat(receiver.at("/services/T0/key")).hasSize(1);
    jdbc.sql("delete from secret where place = 'notification/' || :id || '/url'")
        .param("id", id)
        .update();
    assertThat(send("POST", "/" + id + "/test", "{}").body())
        .contains("\"delivered\":false", "Its address is missing.");
  }

  @Test
  void whatMustNotBeIsRefusedWithAReason() {
    for (var wrong :
        Map.of(
                "ftp://hooks.example.org/", "begins with https:// or http://",
                "http://amy:secret@203.0.113.7/", "no user or password",
                "http://169.254.169.254/latest/meta-data", "link-local",
                "http://127.0.0.2/", "loopback",
                "http://[::ffff:127.0.0.2]/", "loopback",
                "http://2852039166/", "link-local",
                "http:///nowhere", "names no host",
                "not an address", "cannot be read")
            .entrySet()) {
      var answer =
          send(
              "POST",
              "",
              "{\"name\":\"test wrong\",\"kind\":\"WEBHOOK\",\"url\":\"%s\",\"events\":[\"HOST_BACK\"]}"
                  .formatted(wrong.getKey()));
      assertThat(answer.statusCode()).as(wrong.getKey()).isBetween(400, 422);
      assertThat(answer.body()).as(wrong.getKey()).contains(wrong.getValue());
    }
    assertThat(send("POST", "", webhook("test wrong", "/x", "INFO")).body())
        .contains("would be told nothing");
    assertThat(mail("\"smtpSecurity\":\"NONE\",\"smtpUser\":\"amy\",\"smtpPassword\":\"x\"").body())
        .contains("could be read on its way");
    assertThat(mail("\"smtpUser\":\"amy\"").body()).contains("The password of amy is missing.");
    assertThat(
            jdbc.sql("select count(*) from notification_destination where name = 'test wrong'")
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void aPasswordIsNotSentToAnotherServerThanItWasGivenFor() {
    var made = mail("\"smtpUser\":\"amy\",\"smtpPassword\":\"correct horse\"");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.body()).doesNotContain("correct horse");
    long id = id("test wrong");
    var elsewhere = send("PUT", "/" + id, mailBody("203.0.113.66", "\"smtpUser\":\"amy\""));
    assertThat(elsewhere.statusCode()).isEqualTo(400);
    assertThat(elsewhere.body()).contains("was given for another server or user");
    assertThat(send("PUT", "/" + id, mailBody("203.0.113.7", "\"smtpUser\":\"amy\"")).statusCode())
        .isEqualTo(200);
    assertThat(
            send(
                    "PUT",
                    "/" + id,
                    mailBody(
                        "203.0.113.66", "\"smtpUser\":\"amy\",\"smtpPassword\":\"another horse\""))
                .statusCode())
        .isEqualTo(200);
    assertThat(browser.get("/api/v1/audit?q=test%20wrong", "Authorization", BEARER).body())
        .contains("set anew")
        .doesNotContain("horse");
  }

  private void ended(MigrationState outcome, String sentence) {
    transaction.executeWithoutResult(
        status ->
            publisher.publishEvent(
                new MigrationFinished(77, null, new PoolId(1), new VmId(1), outcome, sentence)));
  }

  private static void seen(BooleanSupplier what) {
    Await.until("what is told", Duration.ofSeconds(10), what::getAsBoolean, seen -> seen);
  }

  private HttpResponse<String> mail(String more) {
    return send("POST", "", mailBody("203.0.113.7", more));
  }

  private static String mailBody(String host, String more) {
    return "{\"name\":\"test wrong\",\"kind\":\"EMAIL\",\"enabled\":false,\"smtpHost\":\"%s\",\"sender\":\"a@example.org\",\"recipients\":[\"b@example.org\"],\"events\":[\"HOST_BACK\"],%s}"
        .formatted(host, more);
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

  private String webhook(String name, String path, String least, String... events) {
    return "{\"name\":\"%s\",\"kind\":\"WEBHOOK\",\"url\":\"%s\",\"leastSeverity\":\"%s\",\"events\":[%s]}"
        .formatted(
            name,
            receiver.url(path),
            least,
            List.of(events).stream().map(e -> "\"" + e + "\"").collect(Collectors.joining(",")));
  }

  private HttpResponse<String> send(String method, String path, String body) {
    return browser.send(
        browser
            .request("/api/v1/notification-destinations" + path)
            .header("Content-Type", "application/json")
            .header("Authorization", BEARER)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  private long id(String name) {
    return jdbc.sql("select id from notification_destination where name = ?")
        .param(name)
        .query(Long.class)
        .single();
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
