package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import tools.jackson.databind.JsonNode;

/**
 * A virtual cluster of three guests on two hosts that talk to each other all the time, by numbered
 * datagrams and over TCP; what they keep of it tells whether they were captured at one point.
 *
 * @param lab with two hosts
 */
record TalkingCluster(QemuLab lab, Api api) {
  static final List<String> GUESTS = List.of("shop-01", "shop-02", "shop-03");
  private static final Pattern PEER =
      Pattern.compile("peer (\\d+) sent (\\d+) got (\\d+) last (\\d+) ");

  /** Begin to start the guests, the first and the last with a disk. */
  static void start(QemuLab lab) {
    lab.start(1, "shop-01", 1, "--disk", "shared", "--no-wait");
    lab.start(1, "shop-02", 2, "--no-wait");
    lab.start(2, "shop-03", 3, "--disk", "shared", "--no-wait");
  }

  /** Have the guests talk, and the console know them. */
  void begin() {
    lab.await(1, 2, 3);
    lab.peers(1, 2, 3);
    lab.peers(2, 1, 3);
    lab.peers(3, 1, 2);
    fleet().addAll(2);
    GUESTS.forEach(fleet()::vm);
    long pool = fleet().host(1).get("poolId").asLong();
    api.ask("PUT", "/api/v1/pools/" + pool + "/checkpoint-storage", Map.of("name", "checkpoints"));
  }

  Fleet fleet() {
    return new Fleet(lab, api);
  }

  long id(String guest) {
    return fleet().vm(guest).get("id").asLong();
  }

  /** Name all of them, and give the cluster's id. */
  long name(String name) {
    var ids = GUESTS.stream().map(this::id).toList();
    return api.post("/api/v1/virtual-clusters", Map.of("name", name, "vmIds", ids))
        .get("id")
        .asLong();
  }

  /** Ask for a checkpoint of all, and give its id. */
  long take(long cluster, String manner) {
    return api.post(
            "/api/v1/virtual-clusters/" + cluster + "/checkpoints", Map.of("manner", manner))
        .get("id")
        .asLong();
  }

  JsonNode ended(long id) {
    return Await.until(
        "the checkpoint of the cluster",
        Duration.ofSeconds(60),
        () -> api.get("/api/v1/cluster-checkpoints/" + id),
        t -> List.of("COMPLETE", "FAILED").contains(t.get("state").asString()));
  }

  /** Place each guest on the other host. */
  List<Map<String, Long>> swapped() {
    return Stream.of(1, 2, 3)
        .map(
            n ->
                Map.of(
                    "vmId",
                    id("shop-0" + n),
                    "hostId",
                    fleet().host(n == 3 ? 1 : 2).get("id").asLong()))
        .toList();
  }

  JsonNode restored(long id) {
    return Await.until(
        "the restore of the cluster",
        Duration.ofSeconds(90),
        () -> api.get("/api/v1/cluster-checkpoints/" + id),
        t ->
            List.of("DONE", "FAILED").contains(t.get("restores").get(0).get("state").asString())
                && t.get("members")
                    .valueStream()
                    .noneMatch(
                        m ->
                            List.of("PENDING", "RESTORING", "DETACHING")
                                .contains(m.get("restores").get(0).get("state").asString())));
  }

  /** Make sure that all run where they are to be after {@link #swapped}, and nowhere else. */
  void areSwapped() {
    lab.await(1, 2, 3);
    assertThat(lab.where("shop-01")).containsExactly("2 running");
    assertThat(lab.where("shop-02")).containsExactly("2 running");
    assertThat(lab.where("shop-03")).containsExactly("1 running");
  }

  /** Add up a count that all guests keep of each other. */
  long sum(String count) {
    return said(Pattern.compile("\\b" + count + " (\\d+)"))
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  double longestStall() {
    return said(Pattern.compile("stall ([0-9.]+)"))
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .max()
        .orElseThrow();
  }

  private Stream<MatchResult> said(Pattern pattern) {
    return IntStream.rangeClosed(1, 3)
        .mapToObj(lab::peers)
        .flatMap(said -> pattern.matcher(said).results());
  }

  /** Make sure that they hear each other, and that their connections go on. */
  void talks() {
    long before = sum("got");
    Await.until(
        "them to talk", Duration.ofSeconds(20), () -> sum("got"), now -> now > before + 600);
    assertThat(List.of(sum("torn"), sum("broken")))
        .as("connections that were open go on, nothing twice and nothing missing")
        .containsOnly(0L);
  }

  /**
   * Make sure that nobody has heard a number that its sender has not said. What was heard is asked
   * first, and what was said grows; so a sender that went on from before it said something is told
   * by those that hear its number again, once it caught up.
   */
  void hasHeardOnlyWhatWasSaid() {
    var heard = heard();
    for (var one : heard) {
      var said =
          PEER.matcher(lab.peers(one.from()))
              .results()
              .filter(found -> Integer.parseInt(found.group(1)) == one.by())
              .mapToLong(found -> Long.parseLong(found.group(2)))
              .findFirst()
              .orElseThrow();
      assertThat(one.last())
          .as("what %d heard of %d", one.by(), one.from())
          .isPositive()
          .isLessThanOrEqualTo(said);
    }
    assertThat(heard).hasSize(6);
    assertThat(sum("backwards")).as("nobody has heard what was not said").isZero();
  }

  private record Heard(int by, int from, long last) {}

  private List<Heard> heard() {
    var heard = new ArrayList<Heard>();
    for (int by = 1; by <= 3; by++) {
      for (var found : PEER.matcher(lab.peers(by)).results().toList()) {
        heard.add(new Heard(by, Integer.parseInt(found.group(1)), Long.parseLong(found.group(4))));
      }
    }
    return heard;
  }
}
