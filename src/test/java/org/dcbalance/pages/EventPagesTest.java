package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All events by page, JSON and CSV, filtered and paged. */
@ConsolePagesTest
class EventPagesTest extends SimulatedPages {
  private static final Pattern SENTENCE =
      Pattern.compile("data-label=\"What happened\">([^<]*)</td>");

  @Test
  void eventsAreFoundBySeverityHostVmAndTime() {
    try (var pool = new RecordedPool(jdbc, "events-1", 1);
        var viewer = as(Role.VIEWER)) {
      event(pool, "INFO", "events-1-1", null, "0 s", "Host one came.");
      event(pool, "WARN", "events-1-2", "events-1-vm-4", "3 days", "It moved outside.");
      event(pool, "BAD", "events-1-2", null, "3 days", "Host two <b>burns</b>.");
      viewer.send("/preferences", "pool", "" + pool.id(), "back", "/");
      assertThat(sentences(viewer.page("/events")))
          .containsExactly(
              "Host two &lt;b&gt;burns&lt;/b&gt;.", "It moved outside.", "Host one came.");
      assertThat(sentences(viewer.page("/events?severity=WARN")))
          .containsExactly("Host two &lt;b&gt;burns&lt;/b&gt;.", "It moved outside.");
      assertThat(sentences(viewer.page("/events?severity=BAD"))).hasSize(1);
      assertThat(sentences(viewer.page("/events?host=EVENTS-1-1")))
          .containsExactly("Host one came.");
      assertThat(sentences(viewer.page("/events?vm=vm-4"))).containsExactly("It moved outside.");
      // not the day before: midnight may have come since
      var earlier = LocalDate.now().minusDays(2);
      assertThat(sentences(viewer.page("/events?from=" + earlier)))
          .containsExactly("Host one came.");
      assertThat(sentences(viewer.page("/events?to=" + earlier))).hasSize(2);
      assertThat(viewer.page("/events?host=%25"))
          .as("a percent sign is no wildcard")
          .contains("Nothing like that happened");
      assertThat(viewer.get("/events?severity=WORSE").statusCode()).isEqualTo(400);
      viewer.send("/preferences", "pool", "", "back", "/");
    }
  }

  @Test
  void olderEventsAreOnTheNextPageAndNoneIsShownTwice() {
    try (var pool = new RecordedPool(jdbc, "events-2", 1);
        var viewer = as(Role.VIEWER)) {
      for (int i = 1; i <= 60; i++) {
        event(pool, "INFO", "events-2-1", null, "0 s", "Number " + i + ".");
      }
      viewer.send("/preferences", "pool", "" + pool.id(), "back", "/");
      var first = viewer.page("/events?host=events-2");
      assertThat(sentences(first)).hasSize(50).startsWith("Number 60.").endsWith("Number 11.");
      var older = Pattern.compile("href=\"(/events[^\"]*before=[^\"]*)\"").matcher(first);
      assertThat(older.find()).isTrue();
      var second = viewer.page(older.group(1).replace("&amp;", "&"));
      assertThat(sentences(second)).hasSize(10).startsWith("Number 10.").endsWith("Number 1.");
      assertThat(second).doesNotContain("Older events");
      viewer.send("/preferences", "pool", "", "back", "/");
    }
  }

  @Test
  void programsReadTheSameAsJsonAndCsv() {
    try (var pool = new RecordedPool(jdbc, "events-3", 1)) {
      event(pool, "INFO", "events-3-1", null, "0 s", "One.");
      event(pool, "WARN", "events-3-2", "events-3-vm-4", "0 s", "=2+3");
      event(pool, "BAD", "events-3-2", null, "0 s", "Three.");
      var of = "poolId=" + pool.id();
      var first = JsonMapper.shared().readTree(ask("/api/v1/events?limit=2&" + of).body());
      assertThat(texts(first)).containsExactly("Three.", "=2+3");
      var rest =
          JsonMapper.shared()
              .readTree(
                  ask("/api/v1/events?limit=2&" + of + "&after=" + first.get("next").asString())
                      .body());
      assertThat(texts(rest)).containsExactly("One.");
      assertThat(rest.get("items").get(0).get("host").asString()).isEqualTo("events-3-1");
      assertThat(rest.get("next").isNull()).isTrue();
      assertThat(
              texts(
                  JsonMapper.shared()
                      .readTree(ask("/api/v1/events?severity=WARN&vm=vm-4&" + of).body())))
          .containsExactly("=2+3");
      var csv = ask("/api/v1/events.csv?severity=WARN&" + of);
      assertThat(csv.headers().firstValue("Content-Disposition"))
          .contains("attachment; filename=\"events.csv\"");
      assertThat(csv.body().lines())
          .hasSize(3)
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("WARN", "events-3-2", "events-3-vm-4")
                      .as("no formula")
                      .doesNotContain(",=2+3"));
    }
  }

  private void event(
      RecordedPool pool, String severity, String host, String vm, String ago, String sentence) {
    jdbc.sql(
            """
            insert into fleet_event (at, pool_id, host_id, vm_id, severity, kind, sentence)
            values (now() - cast(:ago as interval), :pool, (select id from host where name = :host),
              (select id from vm where name = :vm), :severity, 'tried', :sentence)
            """)
        .param("ago", ago)
        .param("pool", pool.id())
        .param("host", host)
        .param("vm", vm)
        .param("severity", severity)
        .param("sentence", sentence)
        .update();
  }

  private HttpResponse<String> ask(String path) {
    try (var program = new Browser(port)) {
      var answer =
          program.send(
              program
                  .request(path)
                  .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
                  .GET()
                  .build());
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      return answer;
    }
  }

  private static List<String> texts(JsonNode page) {
    return page.get("items").valueStream().map(item -> item.get("sentence").asString()).toList();
  }

  private static List<String> sentences(String page) {
    return SENTENCE.matcher(page).results().map(found -> found.group(1)).toList();
  }
}
