package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.testing.Await;
import tools.jackson.databind.JsonNode;

/** What an operator does in the browser, from the recommendation to the history. */
record Person(Chromium browser, Api api) {
  private static final Format FORMAT = new Format();

  /** Fill in the form of a new host, and test its connection. */
  void addsAHost(String name, String uri) {
    browser.open("/hosts/new");
    browser.type("name", name);
    browser.type("uri", uri);
    browser.press("Test the connection");
    browser.see("Reached");
    assertThat(browser.see("body", text -> !text.isBlank())).doesNotContain("Failed:");
  }

  /** Add the host that was tested. */
  void confirmsTheHost(String name) {
    browser.press("Add the host");
    browser.see(name + " was added.");
  }

  void setsATcpProbe(long vm, String address) {
    browser.open("/vms/" + vm);
    browser.choose("kind", "TCP");
    browser.type("address", address);
    browser.type("port", "80");
    savesTheProbe();
  }

  void setsAnEchoProbe(long vm, String address) {
    browser.open("/vms/" + vm);
    browser.choose("kind", "ICMP");
    browser.type("address", address);
    savesTheProbe();
  }

  private void savesTheProbe() {
    browser.press("Save probe");
    browser.see(".banner", text -> text.contains("Done"));
  }

  /** Wait on a page's chart until it is drawn, and check it against the table below it. */
  void seesAChartFill(String page, String chart, String title) {
    browser.open(page);
    Await.until(
        "a filled chart " + chart,
        Duration.ofSeconds(40),
        () -> browser.table(chart),
        lines -> lines.size() >= 3);
    assertThat(browser.painted(chart)).as("painted points of " + chart).isGreaterThan(200);
    browser.picture(title);
  }

  /** Wait on the page of recommendations, without loading it again, until one is there. */
  JsonNode seesARecommendation(Duration patience) {
    browser.open("/recommendations");
    browser.mark();
    var row =
        browser.see(
            "#recommendations tr[data-state='PROPOSED']", patience, text -> !text.isBlank());
    assertThat(browser.stayed()).as("it appeared by itself").isTrue();
    var shown =
        api.items("/api/v1/recommendations?state=PROPOSED").stream()
            .filter(r -> row.contains(r.get("vm").asString()))
            .findFirst()
            .orElseThrow(() -> new AssertionError("The API does not know of: " + row));
    assertThat(row).contains(shown.get("source").asString(), shown.get("target").asString());
    assertThat(row).as("the reason").contains("CPU at").contains(shown.get("source").asString());
    browser.picture("recommendation");
    return shown;
  }

  /** Approve a move, and watch its page until it has ended; gives the migration. */
  JsonNode approvesAndWatches(JsonNode recommendation, Runnable meanwhile) {
    var vm = recommendation.get("vm").asString();
    browser.open("/recommendations");
    // on a starved machine a proposal may come and go with the load
    browser.press("Approve the move of " + vm, Duration.ofSeconds(120));
    browser.see("Approved 1 move: " + vm + " to ");
    browser.picture("approved");
    long id = approved(vm).get("id").asLong();
    long migration =
        Await.until(
                "the migration of " + vm,
                Duration.ofSeconds(30),
                () -> api.get("/api/v1/recommendations/" + id).path("migrationId"),
                JsonNode::isNumber)
            .asLong();
    browser.open("/migrations/" + migration);
    browser.mark();
    browser.see("#migration-state .page-head", text -> text.contains(vm));
    browser.picture("under-way");
    meanwhile.run();
    browser.see(
        "#migration-state .page-head", Duration.ofSeconds(90), text -> text.contains("Completed"));
    assertThat(browser.stayed()).as("the page brought itself up to date").isTrue();
    browser.picture("completed");
    return api.get("/api/v1/migrations/" + migration);
  }

  /** Find the newest recommendation of a VM that is no proposal any more, but was approved. */
  private JsonNode approved(String vm) {
    return api.items("/api/v1/recommendations").stream()
        .filter(r -> r.get("vm").asString().equals(vm))
        .filter(r -> List.of("APPROVED", "SETTLED").contains(r.get("state").asString()))
        .max(Comparator.comparingLong(r -> r.get("id").asLong()))
        .orElseThrow(() -> new AssertionError("No approved move of " + vm + "."));
  }

  /** Read the measured downtime and the total time in the history, as the API has them. */
  void readsTheHistory(JsonNode migration) {
    browser.open("/migrations");
    var row = "#finished-" + migration.get("id").asLong();
    var downtime = browser.see(row + " td[data-label='Downtime']", text -> !text.isBlank());
    assertThat(downtime).contains(FORMAT.millis(migration.get("downtimeMillis").asLong()));
    assertThat(migration.get("downtimeMillis").asLong()).isPositive();
    assertThat(browser.see(row + " td[data-label='Total time']", text -> !text.isBlank()))
        .contains(FORMAT.millis(migration.get("totalMillis").asLong()));
    browser.picture("history");
  }
}
