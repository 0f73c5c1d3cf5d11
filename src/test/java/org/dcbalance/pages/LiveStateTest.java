package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Cookie;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;

/** What the header of an open page says of its connection, in a real browser. */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class LiveStateTest extends SimulatedPages {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** A computer that slept and is looked at again: its clock has gone on without a sign of life. */
  private static final String SLEEP =
      """
      const clock = Date.now;
      Date.now = () => clock() + 3600000;
      document.dispatchEvent(new Event('visibilitychange'));
      """;

  @Test
  void aPageThatSleptOrWasOfflineSaysSoAndCatchesUpWithoutAReload() throws IOException {
    try (var pool = new RecordedPool(jdbc, "live-1", 1);
        var browser = new PageBrowser()) {
      var web = browser.web();
      open(web, pool);
      web.executeScript(
          """
          window.words = [];
          window.resyncs = 0;
          new MutationObserver(() => words.push(document.querySelector('#live-state .word').textContent))
            .observe(document.querySelector('#live-state .word'), {childList: true});
          document.body.addEventListener('resync', () => resyncs++);
          """);

      happen(pool, "It happened in a dead connection.");
      web.executeScript(SLEEP);
      Await.until("news", SOON, () -> web.executeScript("return resyncs"), Long.valueOf(1)::equals);
      shows(web, "It happened in a dead connection.");
      assertThat((String) web.executeScript("return words.join(', ')"))
          .matches("Stale since .*\\d\\d:\\d\\d, Live");

      offline(web, true);
      web.executeScript(SLEEP);
      says(web, "Stale since .*\\d\\d:\\d\\d");
      happen(pool, "It happened while the page was offline.");
      Await.pause(Duration.ofSeconds(3));
      says(web, "Stale since .*");
      offline(web, false);
      says(web, "Live");
      shows(web, "It happened while the page was offline.");
      assertThat((long) web.executeScript("return resyncs"))
          .as("the page is the same, and caught up at least once more")
          .isGreaterThan(1);
    }
  }

  private void open(ChromeDriver web, RecordedPool pool) {
    web.get(address("/login"));
    web.manage().addCookie(new Cookie("pool", Long.toString(pool.id())));
    web.findElement(By.name("username")).sendKeys("admin");
    web.findElement(By.name("password")).sendKeys(ConsoleTest.PASSWORD, Keys.ENTER);
    Await.until("the overview", SOON, web::getCurrentUrl, url -> url.equals(address("/")));
    web.get(address("/events"));
    says(web, "Live");
  }

  /** No signal tells of it: the page learns of it by fetching what it shows again. */
  private void happen(RecordedPool pool, String sentence) {
    jdbc.sql(
            "insert into fleet_event (at, pool_id, severity, kind, sentence)"
                + " values (now(), :pool, 'INFO', 'tried', :sentence)")
        .param("pool", pool.id())
        .param("sentence", sentence)
        .update();
  }

  private static void offline(ChromeDriver web, boolean offline) {
    web.executeCdpCommand("Network.enable", Map.of());
    web.executeCdpCommand(
        "Network.emulateNetworkConditions",
        Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  private static void says(ChromeDriver web, String words) {
    Await.until(
        "a header that says " + words,
        SOON,
        () -> text(web, "#live-state .word"),
        word -> word.matches(words));
  }

  private static void shows(ChromeDriver web, String sentence) {
    Await.until(
        "\"" + sentence + "\"", SOON, () -> text(web, "#events"), t -> t.contains(sentence));
  }

  private static String text(ChromeDriver web, String selector) {
    return Objects.toString(
        web.executeScript(
            "return document.querySelector(arguments[0])?.innerText ?? 'nothing'", selector));
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
