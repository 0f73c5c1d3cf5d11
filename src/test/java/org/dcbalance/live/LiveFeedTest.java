package org.dcbalance.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.transaction.support.TransactionOperations;

@ConsoleTest
class LiveFeedTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @LocalServerPort private int port;
  @Autowired private JdbcConnectionDetails database;
  @Autowired private JdbcClient jdbc;
  @Autowired private TransactionOperations transactions;
  @Autowired private Signals signals;
  @Autowired private OpenStreams streams;
  @Autowired private PasswordEncoder encoder;
  private Browser browser;

  @BeforeEach
  void open() {
    browser = new Browser(port);
    browser.signIn("admin", ConsoleTest.PASSWORD);
    // right after its start a console does not hear the database yet
    await().atMost(SOON).untilAsserted(() -> new Page(browser));
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aSignalOfAnotherConnectionReachesThePage() throws SQLException {
    var page = new Page(browser);
    try (var elsewhere =
            DriverManager.getConnection(
                database.getJdbcUrl(), database.getUsername(), database.getPassword());
        var statement = elsewhere.createStatement()) {
      statement.execute("notify dcbalance, 'probe-elsewhere:42'");
    }
    page.awaitData("{\"name\":\"probe-elsewhere\",\"id\":42}");
    assertThat(page.lines()).contains("event: signal");
  }

  @Test
  void aTransactionSignalsWithItsCommitOrNotAtAll() {
    var page = new Page(browser);
    transactions.executeWithoutResult(
        status -> {
          signals.publish("probe-commit", 1);
          status.setRollbackOnly();
        });
    transactions.executeWithoutResult(
        status -> {
          signals.publish("probe-commit", 2);
          pause(Duration.ofMillis(600));
          assertThat(page.data()).isEmpty();
        });
    page.awaitData("{\"name\":\"probe-commit\",\"id\":2}");
    assertThat(page.data()).hasSize(1);
  }

  @Test
  void whatRepeatsQuicklyIsSentOnce() {
    var page = new Page(browser);
    long before = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      signals.publish("probe-repeat", 7);
    }
    signals.publish("probe-end", 0);
    page.awaitData("{\"name\":\"probe-end\",\"id\":0}");
    var took = Duration.ofNanos(System.nanoTime() - before);
    assertThat(page.data().stream().filter(data -> data.contains("probe-repeat")).count())
        .isBetween(1L, 2 + took.dividedBy(LiveStream.GATHERING));
  }

  @Test
  void strangePayloadsAreLeftOut() {
    var page = new Page(browser);
    jdbc.sql("select pg_notify('dcbalance', ?)")
        .param("x\",\"id\":1}\n\nevent: evil:1")
        .query(row -> {});
    signals.publish("probe-end", 1);
    page.awaitData("{\"name\":\"probe-end\",\"id\":1}");
    assertThat(page.data()).hasSize(1);
  }

  @Test
  void signingOutEndsTheStream() {
    var page = new Page(browser);
    browser.post("/logout", "_csrf=" + browser.csrf("/login"));
    page.awaitEnd();
  }

  @Test
  void aBrokenListenerEndsStreamsAndRecovers() {
    var page = new Page(browser);
    jdbc.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
                + " where application_name = 'DCbalance live'")
        .query(row -> {});
    page.awaitEnd();
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              var next = new Page(browser);
              signals.publish("probe-end", 3);
              // what was said before it is listened again is lost
              next.awaitData("{\"name\":\"probe-end\",\"id\":3}", Duration.ofSeconds(5));
            });
  }

  @Test
  void fiveHundredPagesHearTheSameSignal() {
    var people = IntStream.range(0, 10).mapToObj(i -> person("hears-" + i)).toList();
    try {
      var pages = people.stream().flatMap(person -> pages(person, 50).stream()).toList();
      assertThat(streams.count()).isGreaterThanOrEqualTo(500);
      long before = System.nanoTime();
      signals.publish("probe-end", 500);
      pages.forEach(page -> page.awaitData("{\"name\":\"probe-end\",\"id\":500}"));
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SOON);
    } finally {
      people.forEach(Browser::close);
    }
  }

  @Test
  void nobodyHoldsMoreStreamsThanOneMay() {
    try (var eager = person("eager");
        var other = person("other")) {
      pages(eager, 64);
      var refused = eager.get("/live");
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.body())
          .contains("\"code\":\"TOO_MANY\"", "eager has 64 pages open on this console");
      // nobody else is kept out
      var page = new Page(other);
      signals.publish("probe-end", 64);
      page.awaitData("{\"name\":\"probe-end\",\"id\":64}");
      // and with the pages the streams are gone
      eager.post("/logout", "_csrf=" + eager.csrf("/login"));
      eager.signIn("eager", ConsoleTest.PASSWORD);
      await().atMost(SOON).untilAsserted(() -> new Page(eager));
    }
  }

  private Browser person(String name) {
    jdbc.sql(
            """
            insert into app_user (name, password_hash, role) values (?, ?, 'VIEWER')
            on conflict (name) do nothing
            """)
        .params(name, encoder.encode(ConsoleTest.PASSWORD))
        .update();
    var person = new Browser(port);
    person.signIn(name, ConsoleTest.PASSWORD);
    return person;
  }

  private static List<Page> pages(Browser person, int count) {
    return IntStream.range(0, count).mapToObj(_ -> new Page(person)).toList();
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A page that listens; its thread ends with the stream. */
  private static final class Page {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final Thread reader;

    Page(Browser browser) {
      try {
        var answer =
            browser
                .client()
                .send(
                    HttpRequest.newBuilder(browser.request("/live").build().uri()).build(),
                    BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
            .startsWith("text/event-stream");
        var body = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        reader =
            Thread.startVirtualThread(
                () -> {
                  try {
                    body.lines().forEach(lines::add);
                  } catch (UncheckedIOException ended) {
                    lines.add("broken off");
                  }
                });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    List<String> lines() {
      synchronized (lines) {
        return List.copyOf(lines);
      }
    }

    /** The signals of these tests: the console sends others of its own. */
    List<String> data() {
      return lines().stream()
          .filter(line -> line.startsWith("data: ") && line.contains("probe-"))
          .map(line -> line.substring("data: ".length()))
          .toList();
    }

    void awaitData(String expected) {
      awaitData(expected, SOON);
    }

    void awaitData(String expected, Duration most) {
      await()
          .atMost(most)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> data().contains(expected));
    }

    void awaitEnd() {
      await().atMost(SOON).until(() -> !reader.isAlive());
    }
  }
}
