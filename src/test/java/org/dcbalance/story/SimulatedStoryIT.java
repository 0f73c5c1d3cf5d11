package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** What a newcomer sees: a console with nothing configured, and its simulated pool. */
@Timeout(900)
@ExtendWith(ChromiumInstalled.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("SimulatedStoryIT")
@Order(3)
class SimulatedStoryIT {
  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static Figures.Watch firstPage = Figures.watch();

  @BeforeAll
  static void begin() {
    console = Console.onLoopback("simulated").fromTheJar().start();
    firstPage = Figures.watch();
    connected = console.api();
  }

  @AfterAll
  static void end() {
    if (connected != null) {
      connected.close();
    }
    if (console != null) {
      console.close();
    }
  }

  @Test
  void theStoryInTheBrowser() {
    var api = Objects.requireNonNull(connected);
    try (var browser = Chromium.onLoopback("simulated", Objects.requireNonNull(console))) {
      browser.signIn();
      browser.see("Simulated hosts");
      browser.picture("overview");
      var person = new Person(browser, api);
      var recommendation = person.seesARecommendation(Duration.ofSeconds(75));
      Figures.seconds("first page to recommendation, simulated", firstPage.passed());
      person.seesAChartFill(
          "/hosts/" + recommendation.get("sourceHostId").asLong(), "chart-cpu", "hot-host");
      recommendation = person.seesARecommendation(Duration.ofSeconds(30));
      var approval = Figures.watch();
      var migration = person.approvesAndWatches(recommendation, () -> {});
      Figures.seconds("approval to completion, simulated", approval.passed());
      person.readsTheHistory(migration);
      keepsItsPromise(api, recommendation);
    }
  }

  private static void keepsItsPromise(Api api, JsonNode promised) {
    long id = promised.get("id").asLong();
    var settled =
        Await.until(
            "the measured imbalance",
            Duration.ofSeconds(90),
            () -> api.get("/api/v1/recommendations/" + id),
            r -> r.path("imbalanceMeasured").isNumber());
    var since = Instant.parse(settled.get("settledAt").asString());
    Figures.print(
        "imbalance before, promised, measured, simulated",
        "%.3f, %.3f, %.3f"
            .formatted(
                settled.get("imbalanceBefore").asDouble(),
                settled.get("imbalanceAfter").asDouble(),
                settled.get("imbalanceMeasured").asDouble()));
    assertThat(settled.get("succeeded").asBoolean()).isTrue();
    assertThat(
            settled.get("imbalanceBefore").asDouble() - settled.get("imbalanceMeasured").asDouble())
        .isGreaterThanOrEqualTo(
            (settled.get("imbalanceBefore").asDouble() - settled.get("imbalanceAfter").asDouble())
                / 2);
    assertThat(api.items("/api/v1/recommendations"))
        .filteredOn(r -> r.get("vmId").asLong() == promised.get("vmId").asLong())
        .filteredOn(r -> Instant.parse(r.get("createdAt").asString()).isAfter(since))
        .as("the moved VM rests")
        .isEmpty();
    assertThat(api.ask("POST", "/api/v1/recommendations/" + id + "/approve", Map.of()).status())
        .as("approving again changes nothing")
        .isIn(200, 409);
  }
}
