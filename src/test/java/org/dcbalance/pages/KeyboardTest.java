package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Cookie;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Decide on recommendations, abort, restore, put hosts into maintenance and change a strategy by
 * the keyboard alone, in a real browser.
 */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class KeyboardTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  /** More than any of these pages has to press or to fill. */
  private static final int MOST_TABS = 120;

  /** What a reader says of what has the focus. */
  private static final String FOCUSED =
      """
      const it = document.activeElement;
      return (it.getAttribute('aria-label') ?? (it.labels?.[0] ?? it).innerText).replace(/\\s+/g, ' ').trim();
      """;

  /** Whether something else lies over the middle of what has the focus. */
  private static final String HIDDEN =
      """
      const it = document.activeElement.getBoundingClientRect();
      return document.activeElement !== document.elementFromPoint(it.left + it.width / 2, it.top + it.height / 2);
      """;

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  private String name;
  private RecordedPool hosts;
  private long pool;
  private final List<Long> recommendations = new ArrayList<>();

  /** Proposals of a pool that has no hosts: no round confirms or withdraws them meanwhile. */
  @BeforeEach
  void propose() {
    name = "keys-" + UUID.randomUUID();
    hosts = new RecordedPool(jdbc, name, 1);
    pool =
        jdbc.sql("insert into pool (name) values ('keys ' || gen_random_uuid()) returning id")
            .query(Long.class)
            .single();
    for (int i = 1; i <= 4; i++) {
      recommendations.add(
          jdbc.sql(
                  """
                  insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
                    why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
                  select :pool, v.id, v.host_id, t.id, 'HIGH', 'PROPOSED', 'Its host is hot.', 'There is room.', '[]',
                    '{"bytes": 2147483648, "millis": 20000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
                      "measuredDirtyRate": true, "measuredBandwidth": true}', :gain, 0.4, 0.1, now(),
                    now() + interval '1 hour'
                  from vm v join host t on t.pool_id = :hosts and t.id <> v.host_id
                  where v.host_id in (select id from host where pool_id = :hosts)
                  order by v.name, t.name offset :skip limit 1 returning id
                  """)
              .param("pool", pool)
              .param("hosts", hosts.id())
              .param("gain", 0.5 - 0.1 * i)
              // each VM has two possible targets
              .param("skip", 2 * (i - 1))
              .query(Long.class)
              .single());
    }
  }

  @AfterEach
  void forget() {
    hosts.close();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void recommendationsAreApprovedAndRejectedWithoutAMouse() throws IOException {
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);

      go(web, "m", "/migrations");
      go(web, "r", "/recommendations");

      // letters in a field are letters
      press(web, "/");
      focused(web, "#search");
      press(web, "g", "m", "j", "x", "a", "r", "?");
      assertThat(web.findElement(By.id("search")).getDomProperty("value")).isEqualTo("gmjxar?");
      assertThat(web.findElements(By.cssSelector("dialog[open]"))).isEmpty();
      press(web, Keys.TAB);

      press(web, "?");
      open(web, "#keys-dialog", "Next row, previous row");
      press(web, "j", Keys.ESCAPE);
      closed(web);

      press(web, "j");
      row(web, 0);
      press(web, "j");
      row(web, 1);
      press(web, "k");
      row(web, 0);

      press(web, "a");
      open(web, "dialog.confirm", "Approve the move of");
      press(web, Keys.ESCAPE);
      closed(web);
      assertThat(state(0)).isEqualTo("PROPOSED");
      press(web, "a");
      open(web, "dialog.confirm", "Approve the move of");
      refreshed(web);
      press(web, Keys.TAB, Keys.ENTER);
      decided(0);

      ready(web);
      press(web, "j", "x", "j", "x");
      see(web, "#bulk-bar .count", "2 selected");
      press(web, "a");
      open(web, "dialog.confirm", "Approve 2 moves?");
      press(web, Keys.TAB, Keys.ENTER);
      decided(1);
      decided(2);

      ready(web);
      press(web, "j", "r");
      open(web, "#reject-dialog", "Reject the move of");
      press(web, "Backup runs", Keys.ENTER);
      Await.until("a rejection", SOON, () -> state(3), "REJECTED"::equals);
      assertThat(
              jdbc.sql("select note from recommendation where id = :id")
                  .param("id", recommendations.get(3))
                  .query(String.class)
                  .single())
          .isEqualTo("Backup runs");
    }
  }

  @Test
  void thePageOfOneIsDecidedByTheSameKeysAndItsLinksThatAreButtonsBySpace() throws IOException {
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);
      var path = "/recommendations/" + recommendations.getFirst();
      web.get(address(path));
      at(web, path);
      press(web, "a");
      open(web, "dialog.confirm", "Approve the move of");
      press(web, Keys.ESCAPE);
      closed(web);
      web.executeScript("document.querySelector('a[role=button]').focus()");
      press(web, Keys.SPACE);
      open(web, "#reject-dialog", "Reject the move of");
      press(web, Keys.ESCAPE);
      closed(web);
      press(web, "r");
      open(web, "#reject-dialog", "Reject the move of");
      press(web, "Backup runs", Keys.ENTER);
      Await.until("a rejection", SOON, () -> state(0), "REJECTED"::equals);
    }
  }

  @Test
  void aMigrationIsAbortedWithoutAMouse() throws IOException {
    long migration = running();
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);
      go(web, "m", "/migrations");
      press(web, "j");
      tabTo(web, "Abort the migration of " + name + "-vm-1");
      press(web, Keys.ENTER);
      open(web, "dialog.confirm", "It stays on " + name + "-1 and keeps running");
      press(web, Keys.ESCAPE);
      closed(web);
      assertThat(abortedBy(migration)).isEqualTo("nobody");
      // what was asked about has the focus again
      press(web, Keys.ENTER);
      open(web, "dialog.confirm", "It stays on " + name + "-1 and keeps running");
      press(web, Keys.TAB, Keys.ENTER);
      Await.until("an abort", SOON, () -> abortedBy(migration), "admin"::equals);
      see(web, "#active-migrations", "Abort asked for by admin.");
    }
  }

  /** One of an epoch under which this console drives nothing, so that it stays as it is. */
  private long running() {
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, epoch)
            select :pool, v.id, v.host_id, t.id, 'RUNNING', 'COPYING', 'Asked for by hand.', 'amy', now(), now(),
              1::bigint << 50
            from vm v, host t where v.name = :name || '-vm-1' and t.name = :name || '-2' returning id
            """)
        .param("pool", pool)
        .param("name", name)
        .query(Long.class)
        .single();
  }

  private String abortedBy(long migration) {
    return jdbc.sql("select coalesce(abort_requested_by, 'nobody') from migration where id = :id")
        .param("id", migration)
        .query(String.class)
        .single();
  }

  @Test
  void aMachineIsRestoredWithoutAMouseByTypingItsName() throws IOException {
    long checkpoint = taken();
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);
      var path = "/checkpoints/" + checkpoint;
      Await.until(
          "a restore",
          Duration.ofSeconds(30),
          () -> {
            // nothing answers at these hosts, which is noticed at any time
            jdbc.sql("update host set state = 'UP' where pool_id = :pool")
                .param("pool", hosts.id())
                .update();
            web.get(address(path));
            at(web, path);
            if (reaches(web, "Type " + name + "-vm-1 to end what is there")) {
              press(web, name + "-vm-1", Keys.ENTER);
              ready(web);
            }
            return restoredBy(checkpoint);
          },
          "admin"::equals);
    }
  }

  private long taken() {
    return jdbc.sql(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by, captured_at,
              memory_bytes)
            select v.id, h.pool_id, h.id, 'kept', 'COMPLETE', true, 'Before the upgrade', 'amy', now(), 1
            from vm v join host h on h.id = v.host_id where v.name = :name || '-vm-1' returning id
            """)
        .param("name", name)
        .query(Long.class)
        .single();
  }

  private String restoredBy(long checkpoint) {
    return jdbc.sql(
            """
            select coalesce(min(requested_by), 'nobody') from checkpoint_restore
            where checkpoint_id = :id and replaces
            """)
        .param("id", checkpoint)
        .query(String.class)
        .single();
  }

  @Test
  void aHostEntersAndLeavesMaintenanceWithoutAMouse() throws IOException {
    long host =
        jdbc.sql("select id from host where name = :name || '-2'")
            .param("name", name)
            .query(Long.class)
            .single();
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);
      web.get(address("/hosts/" + host));
      at(web, "/hosts/" + host);
      tabTo(web, "Maintenance…");
      press(web, Keys.ENTER);
      at(web, "/hosts/" + host + "/evacuation");
      tabTo(web, "Enter maintenance, move nothing");
      press(web, Keys.ENTER);
      open(web, "dialog.confirm", "Put " + name + "-2 into maintenance?");
      press(web, Keys.TAB, Keys.ENTER);
      Await.until("maintenance", SOON, () -> maintenance(host), Boolean.TRUE::equals);
      web.get(address("/hosts/" + host));
      at(web, "/hosts/" + host);
      tabTo(web, "Leave maintenance");
      press(web, Keys.ENTER);
      Await.until("no maintenance", SOON, () -> maintenance(host), Boolean.FALSE::equals);
    }
  }

  @Test
  void aStrategyIsChangedWithoutAMouse() throws IOException {
    try (var browser = new PageBrowser()) {
      var web = browser.web();
      signIn(web);
      var path = "/settings/strategy?pool=" + pool;
      web.get(address(path));
      at(web, path);
      tabTo(web, "Minimum gain");
      assertThat(web.executeScript(HIDDEN)).as("What has the focus is seen.").isEqualTo(false);
      press(web, "12");
      tabTo(web, "Quiet hours");
      assertThat(web.executeScript(HIDDEN)).as("What has the focus is seen.").isEqualTo(false);
      press(web, "at night");
      tabTo(web, "Save");
      press(web, Keys.ENTER);
      see(web, ".banner[role=alert]", "is no time of day");
      ready(web);
      tabTo(web, "Quiet hours");
      // Tab leads to a field with all of it selected
      press(web, "22:00-06:00 UTC");
      tabTo(web, "Save");
      press(web, Keys.ENTER);
      see(web, ".main > .banner[role=status]", "is saved.");
      assertThat(
              jdbc.sql("select cast(limits as text) from pool where id = :id")
                  .param("id", pool)
                  .query(String.class)
                  .single())
          .contains("0.12");
      at(web, path);
      tabTo(web, "Quiet hours");
      assertThat(web.executeScript("return document.activeElement.value"))
          .isEqualTo("22:00-06:00 UTC");
    }
  }

  private boolean maintenance(long host) {
    return jdbc.sql("select maintenance from host where id = :id")
        .param("id", host)
        .query(Boolean.class)
        .single();
  }

  private static void tabTo(ChromeDriver web, String words) {
    assertThat(reaches(web, words)).as("Tab leads to \"" + words + "\".").isTrue();
  }

  /** Go on by Tab until what says so, or has that label, has the focus; false if nothing does. */
  private static boolean reaches(ChromeDriver web, String words) {
    for (int i = 0; i < MOST_TABS; i++) {
      press(web, Keys.TAB);
      if (words.equals(web.executeScript(FOCUSED))) {
        return true;
      }
    }
    return false;
  }

  private void signIn(ChromeDriver web) {
    web.get(address("/login"));
    web.manage().addCookie(new Cookie("pool", Long.toString(pool)));
    web.findElement(By.name("username")).sendKeys("admin");
    web.findElement(By.name("password")).sendKeys(ConsoleTest.PASSWORD, Keys.ENTER);
    at(web, "/");
  }

  private static void press(ChromeDriver web, CharSequence... keys) {
    for (var key : keys) {
      new Actions(web).sendKeys(key).perform();
    }
  }

  /** Two keys lead there; on a slow machine the second one may come too late after the first. */
  private void go(ChromeDriver web, String place, String path) {
    Await.until(
        path,
        SOON,
        () -> {
          new Actions(web).sendKeys("g", place).perform();
          // pressed again only if nothing leads there
          for (int i = 0; i < 25 && !address(path).equals(web.getCurrentUrl()); i++) {
            Await.pause(Duration.ofMillis(200));
          }
          return web.getCurrentUrl();
        },
        address(path)::equals);
    at(web, path);
  }

  private void at(ChromeDriver web, String path) {
    Await.until(path, SOON, web::getCurrentUrl, url -> url.equals(address(path)));
    ready(web);
  }

  /** The script of a page listens once it has been loaded and run. */
  private static void ready(ChromeDriver web) {
    Await.until(
        "a page that listens",
        SOON,
        () ->
            web.executeScript(
                "return document.readyState === 'complete' && !document.querySelector('form[data-js-sent]')"
                    + " && document.querySelector('#live-state .word')?.textContent"),
        word -> word instanceof String text && !text.equals("Connecting"));
  }

  /** News arrives while a question is open: its answer has to count all the same. */
  private static void refreshed(ChromeDriver web) {
    web.executeScript("document.body.dispatchEvent(new CustomEvent('recommendations-changed'))");
    Await.until(
        "an update that waits",
        SOON,
        () -> web.executeScript("return !document.querySelector('#updates-waiting').hidden"),
        Boolean.TRUE::equals);
  }

  private static void focused(ChromeDriver web, String selector) {
    Await.until(
        "the focus on " + selector,
        SOON,
        () -> web.executeScript("return document.activeElement.matches(arguments[0])", selector),
        Boolean.TRUE::equals);
  }

  private void row(ChromeDriver web, int number) {
    Await.until(
        "the focus in row " + number,
        SOON,
        () ->
            web.executeScript(
                "return document.activeElement.closest('[data-row]')?.dataset.row ?? 'none'"),
        Long.toString(recommendations.get(number))::equals);
  }

  private static void open(ChromeDriver web, String dialog, String text) {
    see(web, dialog + "[open]", text);
  }

  private static void see(ChromeDriver web, String selector, String text) {
    Await.until(
        selector + " with " + text,
        SOON,
        () ->
            web.executeScript(
                "return document.querySelector(arguments[0])?.textContent ?? 'nothing'", selector),
        seen -> Objects.toString(seen).replaceAll("\\s+", " ").contains(text));
  }

  private static void closed(ChromeDriver web) {
    Await.until(
        "no open dialog",
        SOON,
        () -> web.executeScript("return document.querySelectorAll('dialog[open]').length"),
        Long.valueOf(0)::equals);
  }

  /** What was approved may have been settled meanwhile: its hosts do not exist. */
  private void decided(int number) {
    Await.until(
        "recommendation " + number + " approved",
        SOON,
        () -> state(number),
        state -> state.equals("APPROVED") || state.equals("SETTLED"));
  }

  private String state(int number) {
    return jdbc.sql("select state from recommendation where id = :id")
        .param("id", recommendations.get(number))
        .query(String.class)
        .single();
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
