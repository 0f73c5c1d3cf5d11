package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;

/** Charts under a pointer, in a real browser, while new samples come. */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class ChartsTest extends SimulatedPages {
  private static final Duration SOON = Duration.ofSeconds(20);

  private PageBrowser browser;
  private ChromeDriver web;

  @BeforeEach
  void signIn() throws IOException {
    browser = new PageBrowser();
    web = browser.web();
    browser.signIn(port);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void newSamplesLeaveTheCursorADragAndAZoomAsTheyAre() {
    long host = fleet.host("sim-01");
    // a console makes room for today's samples and later ones alone
    jdbc.sql(
            "select make_sample_partition('host_sample', cast((now() - interval '15 minutes') at time zone 'UTC' as date))")
        .query(row -> {});
    jdbc.sql(
            """
            insert into host_sample (at, host_id, cpu_cores, cores, cpu_summed, memory_used_bytes,
              memory_bytes, net_received, net_sent, disk_read, disk_written)
            select now() - n * interval '5 seconds', id, cores * 0.3, cores, false, memory_bytes / 3,
              memory_bytes, 0, 0, 0, 0
            from host cross join generate_series(1, 170) n where id = :host
            """)
        .param("host", host)
        .update();
    web.get(address("/hosts/" + host + "?range=15m"));
    var plot = drawn("#chart-cpu");
    web.executeScript("document.querySelector('#chart-cpu canvas').id = 'first'");
    long visits = (long) web.executeScript("return history.length");

    // no pointer on it: it follows the samples, on the canvas that it has
    var readout = readout();
    var painted = painted();
    Await.until("newer samples", SOON, this::readout, now -> !now.equals(readout));
    Await.until("a chart with them", SOON, this::painted, now -> !now.equals(painted));
    assertThat(web.findElements(By.id("first"))).hasSize(1);

    var pointer = new Actions(web);
    pointer.moveToElement(plot, 40, 0).clickAndHold().moveByOffset(90, 0).perform();
    var selected = place("#chart-cpu .u-select");
    var cursor = place("#chart-cpu .u-cursor-x");
    assertThat(selected).contains("90px");
    comeSamples();
    assertThat(place("#chart-cpu .u-select")).as("what a drag selected").isEqualTo(selected);
    assertThat(place("#chart-cpu .u-cursor-x")).isEqualTo(cursor);

    new Actions(web).release().perform();
    Await.until("a zoom", SOON, web::getCurrentUrl, at -> at.contains("from="));
    assertThat(web.executeScript("return history.length"))
        .as("one step back undoes the zoom, though four charts are in step")
        .isEqualTo(visits + 1);
    var zoomed = web.getCurrentUrl();
    comeSamples();
    assertThat(web.getCurrentUrl()).isEqualTo(zoomed);
    assertThat(place("#chart-cpu .u-cursor-x")).isEqualTo(cursor);
    assertThat(web.findElements(By.id("first"))).hasSize(1);
    assertThat(web.findElements(By.cssSelector("[data-ranges] [aria-current]"))).isEmpty();

    new Actions(web).doubleClick(plot).perform();
    Await.until("the span before", SOON, web::getCurrentUrl, at -> at.endsWith("?range=15m"));
  }

  /** Have the charts ask again, and wait until they drew the answer. */
  private void comeSamples() {
    var before = answered();
    Await.until(
        "another answer",
        SOON,
        () -> {
          // within half a second of an answer charts share that one
          web.executeScript("document.body.dispatchEvent(new Event('resync'))");
          return answered();
        },
        now -> now > before);
    // the answer is drawn in a task of its own
    web.executeAsyncScript("requestAnimationFrame(() => setTimeout(arguments[0], 100))");
  }

  private long answered() {
    return (long)
        web.executeScript(
            "return performance.getEntriesByType('resource')"
                + ".filter(e => e.name.includes('/load?')).length");
  }

  private String readout() {
    return web.findElement(By.cssSelector("#chart-cpu .readout")).getText();
  }

  private String painted() {
    return (String)
        web.executeScript("return document.querySelector('#chart-cpu canvas').toDataURL()");
  }

  private String place(String element) {
    return (String)
        web.executeScript(
            "const s = document.querySelector(arguments[0]).style;"
                + " return [s.left, s.width, s.transform].join(' ')",
            element);
  }

  private WebElement drawn(String figure) {
    return Await.until(
        "a chart in " + figure,
        SOON,
        () ->
            web.findElements(By.cssSelector(figure + " .u-over")).stream().findFirst().orElse(null),
        _ -> true);
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
