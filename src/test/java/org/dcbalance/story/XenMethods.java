package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.dcbalance.lab.XenLab;
import org.dcbalance.method.Method;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Move one and the same guest, which keeps writing to its memory, by each method that Xen has, in
 * turn, and print medians and spread; docs/xen.md tells what came out.
 *
 * <p>{@code -Dcampaign.runs=} sets how often each method has its turn, 5 unless told.
 */
@Timeout(3600)
abstract class XenMethods {
  private static final int RUNS = Integer.getInteger("campaign.runs", 5);
  private static final List<Method> METHODS =
      List.of(Method.PRE_COPY, Method.BALLOON_FIRST, Method.CAPPED, Method.NOT_LIVE);
  private static final String GUEST = "web-01";
  private static final int MIB = 256;
  private static final int LEAST_MIB = 128;

  private final XenLab lab;
  private final String kind;

  /**
   * Describe a comparison.
   *
   * @param kind of its guest, as the lab's {@code guest} calls it
   */
  XenMethods(XenLab lab, String kind) {
    this.lab = lab;
    this.kind = kind;
  }

  /** What one move cost; bytes are those that the source's network card sent meanwhile. */
  private record Cost(long totalMillis, long downtimeMillis, long probeMillis, long bytes) {}

  @Test
  void eachMethodHasItsTurn() {
    try (var console = Console.inside(lab, kind + "-methods", 8088).forXen().start();
        var api = console.api()) {
      lab.start(1, GUEST, 1, "--" + kind, "--mib", Integer.toString(MIB), "dirty=16:500:page");
      var fleet = new Fleet(lab, api);
      fleet.addAll(2);
      long vm = fleet.vm(GUEST).get("id").asLong();
      api.patch(
          "/api/v1/vms/" + vm,
          Map.of(
              "probeAddress",
              XenLab.guestAddress(1),
              "moveOptions",
              Map.of(
                  "ballooning",
                  true,
                  "leastMemoryMiB",
                  LEAST_MIB,
                  "capPercent",
                  20,
                  "notLive",
                  true)));
      var costs = new EnumMap<Method, List<Cost>>(Method.class);
      for (int run = 0; run < RUNS; run++) {
        for (var method : METHODS) {
          costs.computeIfAbsent(method, _ -> new ArrayList<>()).add(move(fleet, vm, method));
        }
      }
      costs.forEach(this::print);
    }
  }

  private Cost move(Fleet fleet, long vm, Method method) {
    int source = Fleet.hostNumber(fleet.vm(GUEST).get("host").asString());
    int target = 3 - source;
    long before = sent(source);
    long id =
        fleet
            .api()
            .post(
                "/api/v1/vms/" + vm + "/migrations",
                Map.of(
                    "targetHostId", fleet.host(target).get("id").asLong(), "method", method.name()))
            .get("id")
            .asLong();
    var ended = fleet.ended(id, Duration.ofMinutes(5));
    long bytes = sent(source) - before;
    assertThat(ended.get("state").asString())
        .as(method + ": " + ended.get("sentence").asString())
        .isEqualTo("COMPLETED");
    assertThat(ended.get("method").asString()).isEqualTo(method.name());
    assertThat(lab.where(GUEST)).containsExactly(target + " running");
    Await.until(
        "the guest's memory and CPU as they were",
        Duration.ofSeconds(60),
        () -> lab.host("sh", target, "xl list " + GUEST + "; xl sched-credit2 -d " + GUEST),
        said -> said.contains(" " + MIB + " ") && said.strip().endsWith(" 0"));
    var defined = lab.host("virsh", target, "dumpxml", "--inactive", GUEST);
    var kib = defined.replaceAll("(?s).*<currentMemory unit='KiB'>(\\d+)<.*", "$1");
    assertThat(Long.parseLong(kib) >> 10)
        .as("what it would boot with")
        .isBetween(MIB - 1L, 0L + MIB);
    lab.await(1);
    var cost =
        new Cost(
            ended.get("totalMillis").asLong() + ended.path("preparedMillis").asLong(0),
            ended.get("downtimeMillis").asLong(),
            ended.get("guestDowntimeMillis").asLong(),
            bytes);
    Figures.print("Xen, %s, %s".formatted(kind, method), cost.toString());
    return cost;
  }

  private long sent(int host) {
    JsonNode link =
        JsonMapper.shared().readTree(lab.run("ip", "-s", "-j", "link", "show", "m" + host)).get(0);
    // what the host sends is what the other end of its cable receives
    return link.get("stats64").get("rx").get("bytes").asLong();
  }

  private void print(Method method, List<Cost> costs) {
    Figures.print(
        "Xen, %s, %s, median (least to most) of %d".formatted(kind, method, costs.size()),
        "total %s ms, downtime %s ms, by the probe %s ms, sent %s MiB"
            .formatted(
                spread(costs, Cost::totalMillis),
                spread(costs, Cost::downtimeMillis),
                spread(costs, Cost::probeMillis),
                spread(costs, cost -> cost.bytes() >> 20)));
  }

  private static String spread(List<Cost> costs, ToLongFunction<Cost> figure) {
    var sorted = costs.stream().mapToLong(figure).sorted().toArray();
    return "%d (%d to %d)"
        .formatted(sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
  }
}
