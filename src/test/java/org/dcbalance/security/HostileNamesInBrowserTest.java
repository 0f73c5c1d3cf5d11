package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.dcbalance.security.HostileThings.EVIL;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.pages.PageBrowser;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Route;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.NoAlertPresentException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** What pages make of hostile names once their scripts have run: charts, tables and tooltips. */
@ConsoleTest
@ExtendWith(ChromiumInstalled.class)
class HostileNamesInBrowserTest {
  private static final By ELEMENTS = By.cssSelector("img, [onerror], [src='x']");

  private static final String TABLE_OF =
      """
      const figure = document.querySelector(arguments[0]);
      figure.scrollIntoView();
      figure.querySelector('details').open = true;
      return figure.querySelector('.table-slot').textContent;
      """;

  @LocalServerPort private int port;
  @Autowired private PoolPolicy pools;
  @Autowired private JdbcClient jdbc;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;

  @Test
  void noPageOfAThingMakesAnElementOfThem() throws IOException {
    try (var things = new HostileThings(jdbc, pools);
        var browser = new PageBrowser()) {
      var web = browser.web();
      browser.signIn(port);
      var pages = Route.all(mappings).stream().filter(r -> r.page() && r.ofOneThing()).toList();
      assertThat(pages).hasSizeGreaterThan(10);
      for (var page : pages) {
        var path = things.address(page);
        web.get(address(path) + "?range=24h");
        assertThat(web.getPageSource()).as(path).contains("&lt;img src=x onerror=alert(1)&gt;");
        switch (page.path()) {
          case "/hosts/{id}" -> drawn(web, "#chart-vms");
          case "/pools/{id}" -> drawn(web, "#chart-hosts");
          default -> {}
        }
        assertThat(web.findElements(ELEMENTS)).as(path).isEmpty();
        assertThatExceptionOfType(NoAlertPresentException.class)
            .as(path)
            .isThrownBy(() -> web.switchTo().alert());
        assertThat(violations(web)).as(path).isEmpty();
      }
      // were one to come through, it would be seen
      web.executeScript("document.body.insertAdjacentHTML('beforeend', arguments[0])", EVIL);
      assertThat(web.findElements(ELEMENTS)).hasSize(1);
      Await.until(
          "a violation of the policy",
          Duration.ofSeconds(10),
          () -> violations(web),
          found -> !found.isEmpty());
    }
  }

  /** The table below a chart names what is drawn. */
  private static void drawn(ChromeDriver web, String chart) {
    Await.until(
        chart + " with names",
        Duration.ofSeconds(20),
        () -> web.executeScript(TABLE_OF, chart),
        text -> text instanceof String names && names.contains("<img src=x onerror=alert(1)>"));
  }

  private static List<String> violations(ChromeDriver web) {
    return web.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .filter(message -> message.contains("Content Security Policy"))
        .toList();
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
