package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.version;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** The settings of a pool's strategy, their preview, and the report on strategies. */
@ConsolePagesTest
class StrategyPagesTest {
  private static final Pattern IMBALANCE =
      Pattern.compile("data-csv href=\"(/api/v1/reports/strategies/imbalance\\.csv[^\"]+)\"");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;
  @Autowired private PoolPolicy policy;
  @Autowired private BalancingSettings settings;
  private RecordedPool pool;
  private String path = "";

  @BeforeEach
  void record() {
    pool = new RecordedPool(jdbc, "page-" + UUID.randomUUID(), 60);
    path = "/settings/strategy/" + pool.id();
  }

  @AfterEach
  void forget() {
    pool.close();
  }

  @Test
  void theCapsOfMovesAtOnceAreShownWithTheirProperties() {
    try (var viewer = as(Role.VIEWER)) {
      assertThat(
              viewer.page("/settings/strategy").replaceAll("<[^>]*>", " ").replaceAll("\\s+", " "))
          .contains(
              "Moves at once in a pool 4 dcbalance.migration.per-pool",
              "Moves at once from a host 2, from a Xen host 1 dcbalance.migration.out-per-host",
              "Moves at once to a host 2, to a Xen host 1 dcbalance.migration.in-per-host");
    }
  }

  @Test
  void thePoolOfTheAddressWinsOverThePickedOneUntilAnotherIsPicked() {
    long simulated = jdbc.sql("select id from pool where simulated").query(Long.class).single();
    var address = "/settings/strategy?pool=" + pool.id();
    try (var viewer = as(Role.VIEWER)) {
      viewer.send("/preferences", "pool", "" + simulated, "back", "/");
      var page = viewer.page(address);
      assertThat(shown(page)).isEqualTo(pool.id());
      assertThat(picked(page)).as("the picker says what the page shows").isEqualTo(pool.id());
      assertThat(page).contains("fragment=nav&amp;page=settings/strategy&amp;shown=" + pool.id());
      assertThat(picked(viewer.page("/hosts"))).as("it is not remembered").isEqualTo(simulated);
      // the form of the picker knows the address that it is on
      var after =
          viewer.sendAndFollow("/preferences", "pool", "" + simulated, "back", address + "&x=1");
      assertThat(shown(after)).as("what is picked there is shown").isEqualTo(simulated);
      assertThat(picked(after)).isEqualTo(simulated);
      var themed = viewer.sendAndFollow("/preferences", "theme", "dark", "back", address);
      assertThat(shown(themed)).as("another preference changes no pool").isEqualTo(pool.id());
      assertThat(picked(viewer.page("/reports/strategies?pool=" + pool.id()))).isEqualTo(pool.id());
      assertThat(viewer.get("/settings/strategy?pool=999999").statusCode()).isEqualTo(404);
      viewer.send("/preferences", "pool", "", "theme", "system", "back", "/");
    }
  }

  private static long shown(String page) {
    return found(page, "How DCbalance decides for the pool <a href=\"/pools/([0-9]+)\"");
  }

  private static long picked(String page) {
    return found(page, "<option value=\"([0-9]+)\" selected=\"selected\">[^<]*hosts?\\)");
  }

  private static long found(String page, String pattern) {
    var found = Pattern.compile(pattern).matcher(page);
    assertThat(found.find()).as(pattern).isTrue();
    return Long.parseLong(found.group(1));
  }

  @Test
  void everySettingOfAPoolIsSavedAndHolds() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var page =
          administrator.sendAndFollow(
              path,
              form(
                  "strategy",
                  "OSVD",
                  "cpuPercent",
                  "72.5",
                  "memoryPercent",
                  "88",
                  "imbalance",
                  "0.2",
                  "gainPercent",
                  "12",
                  "holdRounds",
                  "5",
                  "windowMinutes",
                  "2.5",
                  "coolDownMinutes",
                  "480",
                  "maxMoves",
                  "7",
                  "maxTransferGib",
                  "20",
                  "hostLoss",
                  "true",
                  "largeVmGib",
                  "32",
                  "automation",
                  "AUTOMATIC",
                  "automaticFrom",
                  "LOW",
                  "quietHours",
                  "22:00-06:00 UTC"));
      assertThat(page)
          .contains("is saved.")
          .containsPattern("value=\"OSVD\"[^>]*selected")
          .containsPattern("name=\"cpuPercent\"[^>]*value=\"72.5\"[^>]*placeholder=\"85\"")
          .containsPattern("name=\"windowMinutes\"[^>]*value=\"2.5\"[^>]*placeholder=\"10\"")
          .containsPattern("name=\"hostLoss\"[^>]*checked")
          .containsPattern("value=\"AUTOMATIC\"[^>]*checked");
      var pace = settings.pace(policy.find(pool.id()));
      assertThat(pace.limits().cpuThreshold()).isEqualTo(0.725);
      assertThat(pace.limits().memoryThreshold()).isEqualTo(0.88);
      assertThat(pace.limits().imbalanceThreshold()).isEqualTo(0.2);
      assertThat(pace.limits().minimumGain()).isEqualTo(0.12);
      assertThat(pace.limits().holdRounds()).isEqualTo(5);
      assertThat(pace.limits().maxMoves()).isEqualTo(7);
      assertThat(pace.window()).hasSeconds(150);
      assertThat(pace.coolDown()).hasHours(8);
      // longer than the longest rest by default: what is set is not cut short
      assertThat(pace.coolDownMost()).hasHours(8);
      assertThat(administrator.page("/pools/" + pool.id()))
          .contains(
              "OSVD", "CPU <span>73 %</span>", "for the loss of a host, and for a VM of 32 GiB")
          .contains("22:00-06:00 UTC");
      assertThat(lastAudit()).contains("\"CPU threshold\":0.725", "\"windowSeconds\":150");
      administrator.sendAndFollow(path, form());
      assertThat(settings.pace(policy.find(pool.id()))).isEqualTo(settings.pace(false));
    }
  }

  @Test
  void whatCannotBeIsRefusedWithWhatWasTyped() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      for (var wrong :
          List.of(
              new String[] {"cpuPercent", "700", "A CPU threshold of 700 % makes no sense."},
              new String[] {"cpuPercent", "0", "makes no sense."},
              new String[] {"gainPercent", "0", "The minimum gain lies above 0"},
              new String[] {"holdRounds", "0", "The hold lies between 1 and 1000 rounds"},
              new String[] {"windowMinutes", "0.01", "The load window lies between 10 and"},
              new String[] {
                "coolDownMinutes", "99999999999", "The cool-down is no number that can be."
              },
              new String[] {"quietHours", "at night", "is no time of day"},
              new String[] {"largeVmGib", "-1", "lies between 0 and"})) {
        var answer = administrator.send(path, form(wrong[0], wrong[1]));
        assertThat(answer.statusCode()).as(wrong[0]).isEqualTo(400);
        assertThat(answer.body())
            .contains("Not saved", wrong[2])
            .containsPattern("name=\"" + wrong[0] + "\"[^>]*value=\"" + wrong[1] + "\"");
      }
      assertThat(settings.pace(policy.find(pool.id()))).isEqualTo(settings.pace(false));
    }
  }

  @Test
  void aFormThatIsOlderThanTheLastChangeUndoesNothing() {
    try (var administrator = as(Role.ADMINISTRATOR);
        var program = new Browser(port)) {
      administrator.sendAndFollow(path, form("automation", "AUTOMATIC"));
      var old = version(administrator.page("/settings/strategy?pool=" + pool.id()));
      assertThat(patch(program, "{\"automation\":\"MANUAL\"}")).contains("\"MANUAL\"");
      var late = form("version", old, "automation", "AUTOMATIC", "holdRounds", "7");
      var answer = administrator.send(path, late);
      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(answer.body())
          .contains("Not saved", "was changed after you loaded it, last by ")
          .contains("automation from AUTOMATIC to MANUAL. Nothing was saved.")
          .containsPattern("name=\"holdRounds\"[^>]*value=\"7\"")
          .containsPattern("value=\"AUTOMATIC\"[^>]*checked");
      assertThat(policy.find(pool.id()).automation()).isEqualTo(HostPool.Automation.MANUAL);
      assertThat(policy.find(pool.id()).limits().holdRounds()).isNull();
      // what is previewed meanwhile does not make an older form a newer one
      assertThat(version(administrator.send(path + "/preview", form("version", old)).body()))
          .isEqualTo(old);
      administrator.sendAndFollow(
          path,
          form("version", version(answer.body()), "automation", "AUTOMATIC", "holdRounds", "7"));
      assertThat(policy.find(pool.id()).automation()).isEqualTo(HostPool.Automation.AUTOMATIC);
    }
  }

  @Test
  void theMoveOptionsOfAPoolAreNotUndoneByAnOlderForm() {
    var page = "/pools/" + pool.id();
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var old = version(administrator.page(page));
      administrator.sendAndFollow(page + "/move-options", "version", old, "encrypted", "true");
      var late =
          administrator.sendAndFollow(page + "/move-options", "version", old, "retries", "4");
      assertThat(SignedIn.notice(late))
          .startsWith("bad")
          .contains("was changed after you loaded it, last by page-administrator: moves");
      assertThat(late).containsPattern("name=\"retries\"[^>]*value=\"4\"");
      assertThat(policy.find(pool.id()).moveOptions().encrypted()).isTrue();
      administrator.sendAndFollow(
          page + "/move-options", "version", version(late), "encrypted", "true", "retries", "4");
      assertThat(policy.find(pool.id()).moveOptions().retries()).isEqualTo(4);
    }
  }

  @Test
  void aPreviewTellsWhatEditedSettingsWouldHaveDoneAndSavesNothing() {
    var before = policy.find(pool.id()).limits();
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var page = administrator.send(path + "/preview", form("strategy", "NONE")).body();
      assertThat(page)
          .contains("</html>", "1 h recorded", "4 VMs", "3 hosts", "None would have been made.")
          .contains("Hosts above 85 % CPU", "host-h", "core-h", "Nothing is saved.")
          .contains("Edited, 0 moves and a mean imbalance of ")
          .containsPattern("value=\"NONE\"[^>]*selected");
      var alike = administrator.send(path + "/preview", form()).body();
      assertThat(alike)
          .contains("both columns are alike", "-1 →")
          .doesNotContain("made no difference")
          .containsPattern("CPU at \\d+ % for the window, above 85 %");
      var refused = administrator.send(path + "/preview", form("cpuPercent", "700"));
      assertThat(refused.statusCode()).isEqualTo(200);
      assertThat(refused.body()).contains("No preview", "A CPU threshold of 700 % makes no sense.");
      jdbc.sql(
              "delete from host_rollup where host_id in (select id from host where pool_id = :pool)")
          .param("pool", pool.id())
          .update();
      assertThat(administrator.send(path + "/preview", form()).body())
          .contains(
              "No preview", "Too little is recorded of page-", "0 min, and 26 min are needed");
      assertThat(policy.find(pool.id()).limits()).isEqualTo(before);
    }
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.send(path + "/preview", form()).statusCode()).isEqualTo(403);
      assertThat(operator.page("/settings/strategy?pool=" + pool.id()))
          .contains("CPU threshold", "dcbalance.balancing.every")
          .doesNotContain("Preview on the last 24 h", "<b>null");
    }
  }

  @Test
  void limitsAreReadAndChangedByApi() {
    try (var program = new Browser(port)) {
      assertThat(patch(program, "{\"limits\":{\"holdRounds\":4,\"windowSeconds\":300}}"))
          .contains("\"holdRounds\":4", "\"windowSeconds\":300", "\"maxMoves\":null");
      assertThat(settings.pace(policy.find(pool.id())).limits().holdRounds()).isEqualTo(4);
      assertThat(patch(program, "{\"note\":\"east\"}")).contains("\"holdRounds\":4");
      assertThat(patch(program, "{\"limits\":{\"holdRounds\":0}}"))
          .contains("The hold lies between 1 and 1000 rounds, and not at 0.");
      assertThat(patch(program, "{\"limits\":{\"hold\":2}}")).contains("hold");
      assertThat(settings.pace(policy.find(pool.id())).limits().holdRounds()).isEqualTo(4);
    }
  }

  @Test
  void theReportComparesAllStrategiesOnPageAndInFiles() {
    jdbc.sql("update pool set name = '=2+2' where id = :id").param("id", pool.id()).update();
    try (var viewer = as(Role.VIEWER)) {
      var page = viewer.page("/reports/strategies?pool=" + pool.id());
      assertThat(page)
          .contains("1 h recorded", "decides for this pool", "Export CSV", "Show as table")
          .contains("data-answer=\"{&quot;from&quot;");
      var csv = viewer.get("/api/v1/reports/strategies.csv?poolId=" + pool.id()).body();
      var lines = csv.lines().toList();
      assertThat(lines).hasSize(5);
      assertThat(lines.getFirst()).startsWith("strategy,from,to,played s,moves,returning moves");
      assertThat(lines.stream().skip(1).map(line -> line.substring(0, line.indexOf(','))))
          .containsExactly("DCbalance", "DLB", "OSVD", "None");
      var none = lines.getLast().split(",");
      assertThat(none[4]).isEqualTo("0");
      // one core too few for an hour
      assertThat(Double.parseDouble(none[7])).isBetween(3590.0, 3610.0);
      assertThat(Double.parseDouble(none[8])).isEqualTo(3600);
      var overTime = IMBALANCE.matcher(page);
      assertThat(overTime.find()).as("The chart leads to its file.").isTrue();
      var points = viewer.page(overTime.group(1).replace("&amp;", "&")).lines().toList();
      assertThat(points.getFirst()).isEqualTo("at,pool,strategy,imbalance");
      assertThat(points.stream().skip(1).map(point -> point.split(",")[2]).distinct())
          .containsExactly("DCbalance", "DLB", "OSVD", "None");
      assertThat(points.stream().skip(1))
          .hasSizeGreaterThan(20)
          .allMatch(
              point -> point.matches("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z,'=2\\+2,\\w+,[\\d.E-]+"));
      assertThat(points.getLast()).endsWith(",None," + none[none.length - 1]);
      var json = viewer.get("/api/v1/reports/strategies?poolId=" + pool.id()).body();
      assertThat(json).contains("\"strategy\":\"OSVD\"", "\"recordedSeconds\":3600", "\"series\":");
      assertThat(
              viewer.page(
                  "/reports/strategies?pool=" + pool.id() + "&from=2025-01-01&to=2025-01-02"))
          .contains("Nothing to compare", "Too little is recorded", "0 min");
      assertThat(
              viewer.page(
                  "/reports/strategies?pool=" + pool.id() + "&from=2025-01-01&to=2025-03-01"))
          .contains("at most 7 days");
      assertThat(
              viewer.page(
                  "/reports/strategies?pool=" + pool.id() + "&from=2025-03-01&to=2025-01-01"))
          .contains("is before the first one");
      assertThat(viewer.get("/reports/strategies?pool=999999999").statusCode()).isEqualTo(404);
      assertThat(viewer.get("/api/v1/reports/strategies").statusCode()).isEqualTo(400);
    }
  }

  private String patch(Browser program, String body) {
    return program
        .send(
            program
                .request("/api/v1/pools/" + pool.id())
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
                .build())
        .body();
  }

  private String lastAudit() {
    return jdbc.sql(
            "select cast(after as text) from audit_entry where act = 'POOL_CHANGED' order by id desc limit 1")
        .query(String.class)
        .single();
  }

  /** Fill the form as it comes, with other values where they are given. */
  private static String[] form(String... changed) {
    var fields = new LinkedHashMap<String, String>();
    for (var name :
        List.of(
            "cpuPercent",
            "memoryPercent",
            "imbalance",
            "gainPercent",
            "holdRounds",
            "windowMinutes",
            "coolDownMinutes",
            "coolDownMostMinutes",
            "maxMoves",
            "maxTransferGib",
            "largeVmGib",
            "largeVmCores",
            "quietHours")) {
      fields.put(name, "");
    }
    fields.put("strategy", "DCBALANCE");
    fields.put("automation", "MANUAL");
    fields.put("automaticFrom", "HIGH");
    for (int i = 0; i < changed.length; i += 2) {
      fields.put(changed[i], changed[i + 1]);
    }
    var flat = new ArrayList<String>();
    fields.forEach((name, value) -> flat.addAll(Arrays.asList(name, value)));
    return flat.toArray(String[]::new);
  }

  private SignedIn as(Role role) {
    return SignedIn.as(role, port, jdbc, encoder);
  }
}
