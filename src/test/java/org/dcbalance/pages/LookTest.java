package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.NodeModules;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.testing.Route;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Look at every page in a real browser: axe-core finds nothing serious in light, in dark or at 390
 * px, where nothing sticks out either. With {@code -Dpictures=true} the pages are left as pictures
 * in target/pictures.
 */
@ConsolePagesTest
// the longest of all comes first
@Order(1)
@ExtendWith({ChromiumInstalled.class, NodeModules.class})
class LookTest {
  private static final Path PICTURES = Path.of("target/pictures");
  private static final boolean TAKE = Boolean.getBoolean("pictures");

  /** Reports that have something to show as they are; the third one needs a pool with load. */
  private static final Set<String> PRINTED = Set.of("reports-migrations", "reports-downtime");

  private static final String STICKS_OUT =
      """
      return [...document.querySelectorAll('main *, .main *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.table-wrap, .log, .plot, [hidden], .table-slot'))
        .slice(0, 3).map(e => e.tagName + '.' + e.className);
      """;

  /** Looked for in the second frame: the page hears of its new width in the first. */
  private static final String MARKED_OUT_OF_VIEW =
      """
      const done = arguments[arguments.length - 1];
      requestAnimationFrame(() => requestAnimationFrame(() => done(
        [...document.querySelectorAll('.nav [aria-current]')]
          .filter(e => e.getBoundingClientRect().left < 0 || e.getBoundingClientRect().right > innerWidth)
          .map(e => e.textContent))));
      """;

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
  private final Set<String> looked = new HashSet<>();

  @BeforeAll
  static void install() throws Exception {
    NodeModules.install();
  }

  @Test
  void everyPageIsAccessibleInLightAndDarkAndFitsAPhone() throws IOException {
    haveSomethingToShow();
    haveSomebodyToTell();
    var pages = pages();
    var wrong = new ArrayList<String>();
    var axe = new Axe();
    Files.createDirectories(PICTURES);
    try (var recorded = new RecordedPool(jdbc, "east-2", 400);
        var browser = new PageBrowser()) {
      var web = browser.web();
      web.get(address("/login"));
      look(web, "sign-in", axe, wrong);
      browser.signIn(port);
      for (var page : pages.entrySet()) {
        web.get(address(page.getValue()));
        look(web, page.getKey(), axe, wrong);
        if (PRINTED.contains(page.getKey())) {
          print(web, page.getKey());
        }
      }
      web.get(address("/hosts/" + realHostOf(recorded) + "/edit"));
      look(web, "host-edit", axe, wrong);
      web.get(address("/reports/strategies?pool=" + recorded.id()));
      look(web, "strategies-compared", axe, wrong);
      print(web, "strategies-compared");
      web.get(address("/settings/strategy?pool=" + recorded.id()));
      look(web, "strategy", axe, wrong);
      preview(web);
      look(web, "strategy-preview", axe, wrong);
      var proposed = proposed();
      web.get(address("/recommendations"));
      look(web, "recommendations-proposed", axe, wrong);
      web.get(address("/recommendations/" + proposed));
      look(web, "recommendation", axe, wrong);
      web.get(address("/rounds/" + proposing()));
      replay(web);
      look(web, "round-replayed", axe, wrong);
      web.get(address("/rounds/" + proposing() + "/replay?imbalance=0.01"));
      look(web, "round-replay", axe, wrong);
    }
    assertThat(wrong).isEmpty();
    assertThat(overlooked()).as("Maybe add them to the pages that are looked at.").isEmpty();
  }

  private List<String> overlooked() {
    return Route.all(mappings).stream()
        .filter(Route::page)
        .filter(route -> looked.stream().noneMatch(route::serves))
        .map(Route::path)
        .toList();
  }

  /** The connection of a simulated host cannot be changed, so its form would not be seen. */
  private long realHostOf(RecordedPool pool) {
    return jdbc.sql(
            """
            update host set uri = 'qemu+tls://127.0.0.1/system'
            where id = (select min(id) from host where pool_id = :pool) returning id
            """)
        .param("pool", pool.id())
        .query(Long.class)
        .single();
  }

  private long proposed() {
    return Await.until(
        "a recommendation",
        Duration.ofSeconds(60),
        () ->
            jdbc.sql("select id from recommendation where state = 'PROPOSED' order by id limit 1")
                .query(Long.class)
                .optional()
                .orElse(null),
        _ -> true);
  }

  /** The preview comes into the page, which stays as it is. */
  private static void preview(ChromeDriver web) {
    var gain = web.findElement(By.name("gainPercent"));
    gain.sendKeys("30");
    web.findElement(By.cssSelector("button[hx-post]")).click();
    Await.until(
        "a preview",
        Duration.ofSeconds(20),
        () -> words(web, "preview"),
        text -> text.contains("recorded of 4 VMs") && text.contains("First moves"));
    assertThat(gain.getDomProperty("value")).isEqualTo("30");
    Await.until(
        "the preview in view",
        Duration.ofSeconds(20),
        () ->
            web.executeScript(
                "return document.getElementById('preview').getBoundingClientRect().top <"
                    + " innerHeight / 2"),
        Boolean.TRUE::equals);
  }

  /** Paper is light and shows a table as one, though a sheet is as narrow as a phone. */
  private static void print(ChromeDriver web, String name) {
    web.executeScript("document.documentElement.dataset.theme = 'dark'");
    web.manage().window().setSize(new Dimension(718, 1000));
    web.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("media", "print"));
    assertThat(
            web.executeScript(
                "return [getComputedStyle(document.querySelector('.stacked thead')).display,"
                    + " getComputedStyle(document.body).color]"))
        .as("how %s is printed", name)
        .isEqualTo(List.of("table-header-group", "rgb(27, 36, 48)"));
    web.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("media", ""));
    web.manage().window().setSize(new Dimension(1280, 1000));
  }

  private long proposing() {
    return jdbc.sql(
            "select r.id from round r join round_input i on i.round_id = r.id"
                + " where r.outcome = 'PROPOSAL' order by r.id desc limit 1")
        .query(Long.class)
        .single();
  }

  /** What is decided again comes into the page, below the limits as they were typed. */
  private static void replay(ChromeDriver web) {
    var threshold = web.findElement(By.name("imbalance"));
    threshold.clear();
    threshold.sendKeys("0.01");
    web.findElement(By.cssSelector("form[hx-get] button")).click();
    Await.until(
        "a round that is decided again",
        Duration.ofSeconds(20),
        () -> words(web, "replayed"),
        text -> text.contains("threshold 0.01") && text.contains("Moves it would propose"));
    assertThat(threshold.getDomProperty("value")).isEqualTo("0.01");
    web.executeScript("document.getElementById('replay-title').scrollIntoView()");
  }

  /** Read at once what an element says, which may be exchanged at any moment. */
  private static String words(ChromeDriver web, String id) {
    return String.valueOf(
        web.executeScript("return document.getElementById(arguments[0])?.innerText ?? ''", id));
  }

  private void haveSomethingToShow() {
    Await.until(
        "VMs in the inventory",
        Duration.ofSeconds(30),
        () -> jdbc.sql("select count(*) from vm").query(Long.class).single(),
        found -> found > 0);
    try (var program = new Browser(port)) {
      program.send(
          program
              .request("/api/v1/rounds")
              .header("Content-Type", "application/json")
              .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build());
    }
    // right after the start it may take longer than is waited for where it is asked for
    Await.until(
        "a round",
        Duration.ofSeconds(30),
        () -> jdbc.sql("select count(*) from round").query(Long.class).single(),
        found -> found > 0);
    // long enough ago to weigh on no decision
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at, expected_downtime_millis, downtime_millis,
              expected_millis, total_millis, bytes)
            select h.pool_id, v.id, h.id, t.id, 'COMPLETED', 'DONE', 'Asked for by hand.', 'amy',
              now() - interval '20 days', now() - interval '20 days', now() - interval '20 days',
              280, 310, 22000, 24000, 2200000000
            from vm v join host h on h.id = v.host_id join host t on t.pool_id = h.pool_id and t.id <> h.id
            where v.gone_since is null order by v.name, t.name limit 1
            """)
        .update();
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, method, why,
              requested_by, created_at, started_at, finished_at, downtime_millis, total_millis)
            select pool_id, vm_id, source_id, target_id,
              case when n % 9 = 4 then 'FAILED' when n % 11 = 5 then 'ABORTED' else 'COMPLETED' end, 'DONE',
              case when n % 4 = 0 then 'POST_COPY' else 'PRE_COPY' end, why, requested_by,
              finished_at - n % 9 * interval '1 day', finished_at - n % 9 * interval '1 day',
              finished_at - n % 9 * interval '1 day', 120 + n * n, 24000
            from (select * from migration where state = 'COMPLETED' and requested_by = 'amy'
              order by id desc limit 1) m cross join generate_series(1, 30) n
            """)
        .update();
    jdbc.sql(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
              captured_at, finished_at, pause_millis, total_millis, memory_bytes, memory_sha256, verified_at,
              sentence)
            select v.id, h.pool_id, h.id, 'checkpoints', 'dcb-' || s.state, s.state, true, 'Before the upgrade', 'amy',
              now(), now(), 180, 2400, 412000000, repeat('3f', 32), now(), s.sentence
            from (select * from vm where gone_since is null order by name limit 1) v
              join host h on h.id = v.host_id
              cross join (values
                ('FAILED', 'The storage pool checkpoints of kvm-01 has 64 MiB free, and db-01 may need 2112 MiB. Nothing of it is left.'),
                ('DAMAGED', 'Its memory is not what was written.'),
                ('COMPLETE', 'The memory of it and its disk, of one instant; it stood still for 0.180 s.')) s (state, sentence)
            """)
        .update();
    jdbc.sql(
            """
            insert into checkpoint_disk select id, 'vda', '/srv/images/shop-01.qcow2', '', '', 22000000, repeat('a7', 32)
            from checkpoint
            """)
        .update();
    jdbc.sql(
            """
            insert into checkpoint_restore (checkpoint_id, vm_id, host_id, state, replaces, requested_by, finished_at,
              running_millis, sentence)
            select id, vm_id, host_id, s.state, true, 'amy', now(), s.millis, s.sentence
            from checkpoint cross join (values
              ('DONE', 1320, 'It runs again, after 1.3 s. Its disks are its own again; those that it had before are where they were.'),
              ('FAILED', null, 'The target has 512 MiB of memory free, and it needs 2048 MiB.')) s (state, millis, sentence)
            where checkpoint.state = 'COMPLETE'
            """)
        .update();
    jdbc.sql(
            """
            with cluster as (
              insert into virtual_cluster (pool_id, name, created_by)
              select h.pool_id, 'shop', 'amy' from vm v join host h on h.id = v.host_id limit 1 returning id),
            member as (
              insert into virtual_cluster_vm select cluster.id, v.id from cluster, (
                select id from vm where gone_since is null order by name limit 3) v),
            taken as (
              insert into cluster_checkpoint (cluster_id, manner, state, why, requested_by, finished_at, pause_millis, sentence)
              select cluster.id, s.manner, s.state, 'Before the upgrade', 'amy', now(), s.pause, s.sentence
              from cluster cross join (values
                ('BLOCKING', 'FAILED', null, 'shop-02 did not stand still.'),
                ('BARRIER', 'COMPLETE', 420, '3 machines at one point; they stood still together for 0.420 s.'))
                s (manner, state, pause, sentence) returning id, state)
            insert into cluster_restore (cluster_checkpoint_id, state, requested_by, finished_at, running_millis, sentence)
            select id, 'DONE', 'amy', now(), 2100, '3 machines run again, after 2.1 s.' from taken
            where state = 'COMPLETE'
            """)
        .update();
  }

  private void haveSomebodyToTell() {
    jdbc.sql(
            """
            insert into app_user (name, password_hash, role) values ('look-operator', '', 'OPERATOR')
            on conflict (name) do nothing
            """)
        .update();
    var ids =
        jdbc.sql(
                """
                insert into notification_destination (name, kind, enabled, url, smtp_host, smtp_port,
                  smtp_security, smtp_user, sender, recipients, events, least_severity, created_by)
                values ('On call', 'WEBHOOK', false,
                  'https://hooks.example.org/services/dcbalance?team=infrastructure', null, null, null, null,
                  null, '{}', '{HOST_UNREACHABLE,MIGRATION_LOST}', 'CRITICAL', 'amy'),
                  ('Operators by mail', 'EMAIL', false, null, 'smtp.example.org', 587, 'STARTTLS', 'dcbalance',
                  'dcbalance@example.org', '{ops@example.org,night-shift@example.org}', '{HOST_BACK}', 'INFO', 'amy')
                on conflict (name) do update set enabled = false returning id
                """)
            .query(Long.class)
            .list();
    jdbc.sql(
            """
            insert into secret (place, key_id, sealed, set_by)
            select 'notification/' || :id || '/signing', 'look', '', 'amy' on conflict do nothing
            """)
        .param("id", ids.getFirst())
        .update();
    jdbc.sql(
            """
            insert into notification_delivery (destination_id, event_id, event, severity, sentence, path, state,
              attempts, next_at, tried_at, outcome)
            select cast(:id as bigint), gen_random_uuid(), column1, column2, column3, column4, column5, column6,
              now() + interval '4 min', now(), case when column6 = 0 then '' when column5 = 'SENT' then
              'hooks.example.org answered 204.' else 'hooks.example.org did not answer in time.' end
            from (values
              ('HOST_UNREACHABLE', 'CRITICAL', 'kvm-02 does not answer: connection refused.', '/hosts/1', 'SENT', 1),
              ('MIGRATION_LOST', 'CRITICAL', 'Neither host says where web-07 runs.', '/migrations', 'WAITING', 3),
              ('HOST_UNREACHABLE', 'CRITICAL', 'kvm-03 does not answer: no route to host.', '/hosts/1', 'WAITING', 0),
              ('HOST_UNREACHABLE', 'CRITICAL', 'kvm-04 does not answer: no route to host.', '/hosts/1', 'GIVEN_UP', 21)) v
            """)
        .param("id", ids.getFirst())
        .update();
  }

  private Map<String, String> pages() {
    var pages = new LinkedHashMap<String, String>();
    for (var path :
        List.of(
            "",
            "recommendations",
            "migrations",
            "hosts",
            "hosts/new",
            "vms",
            "checkpoints",
            "virtual-clusters",
            "pools",
            "events",
            "rounds",
            "reports/migrations",
            "reports/downtime",
            "reports/strategies",
            "settings/strategy",
            "audit",
            "audit?q=nobody-of-this-name",
            "search?q=0",
            "search?q=nothing-of-this-name",
            "settings/notifications",
            "settings/notifications/new",
            "settings/notifications/new?kind=EMAIL",
            "settings/notifications/new?payload=SLACK",
            "settings/access",
            "account",
            "about",
            "nothing-is-here")) {
      pages.put(path.isEmpty() ? "overview" : path.replaceAll("[^a-z-]+", "-"), "/" + path);
    }
    for (var table :
        List.of("host", "vm", "pool", "round", "migration", "checkpoint", "virtual_cluster")) {
      jdbc.sql("select max(id) from " + table + where(table))
          .query(Long.class)
          .optional()
          .ifPresent(id -> pages.put(table, "/" + table.replace('_', '-') + "s/" + id));
    }
    for (var kind : List.of("WEBHOOK", "EMAIL")) {
      pages.put(
          "notification-edit-" + kind.toLowerCase(Locale.ROOT),
          "/settings/notifications/" + destination(kind) + "/edit");
    }
    for (var of : List.of("recovery", "evacuation")) {
      pages.put(of, pages.get("host") + "/" + of);
    }
    assertThat(pages)
        .containsKeys("host", "vm", "pool", "round", "migration", "checkpoint", "virtual_cluster");
    return pages;
  }

  private long destination(String kind) {
    return jdbc.sql("select min(id) from notification_destination where kind = :kind")
        .param("kind", kind)
        .query(Long.class)
        .single();
  }

  private static String where(String table) {
    return switch (table) {
      case "host" -> " where removed_at is null";
      case "vm" -> " where gone_since is null";
      default -> "";
    };
  }

  private void look(ChromeDriver web, String name, Axe axe, List<String> wrong) throws IOException {
    looked.add(URI.create(web.getCurrentUrl()).getPath());
    // an error page looks well, too, and is meant only once
    var status =
        web.executeScript("return performance.getEntriesByType('navigation')[0].responseStatus");
    if (!(status instanceof Long code) || code >= 400 && !name.equals("nothing-is-here")) {
      wrong.add(name + " was answered with " + status);
    }
    axe.enter(web);
    for (var theme : List.of("light", "dark")) {
      web.executeScript("document.documentElement.dataset.theme = arguments[0]", theme);
      // light and dark differ in colours alone
      var found = theme.equals("light") ? axe.wrong(web) : axe.wrongColours(web);
      found.forEach(each -> wrong.add(name + ", " + theme + ": " + each));
      take(web, name + "-" + theme);
    }
    web.manage().window().setSize(new Dimension(390, 844));
    axe.wrong(web).forEach(each -> wrong.add(name + ", 390 px: " + each));
    var out = (List<?>) web.executeScript(STICKS_OUT);
    if (!out.isEmpty()) {
      wrong.add(name + " at 390 px sticks out: " + out);
    }
    var unseen = (List<?>) web.executeAsyncScript(MARKED_OUT_OF_VIEW);
    if (!unseen.isEmpty()) {
      wrong.add(name + " at 390 px does not show where one is: " + unseen);
    }
    take(web, name + "-390");
    web.manage().window().setSize(new Dimension(1280, 1000));
  }

  private static void take(ChromeDriver web, String name) throws IOException {
    if (TAKE) {
      Files.write(PICTURES.resolve(name + ".png"), web.getScreenshotAs(OutputType.BYTES));
    }
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
