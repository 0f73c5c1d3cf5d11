package org.dcbalance.story;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.dcbalance.lab.Lab;
import org.dcbalance.lab.XenLab;
import org.dcbalance.method.Method;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Know a lab's hosts and guests by the names that a console's API gives them. */
record Fleet(Lab lab, Api api) {
  /**
   * Begin to start four guests on the first of three hosts, and one on each other, without load.
   */
  static void startSix(Lab lab) {
    for (int n = 1; n <= 3; n++) {
      lab.start(1, "web-0" + n, n, "--no-wait");
    }
    lab.start(1, "db-01", 4, "--disk", "shared", "--no-wait");
    lab.start(2, "db-02", 5, "--disk", "shared", "--no-wait");
    lab.start(3, "app-01", 6, "--no-wait");
  }

  String hostName(int number) {
    return (lab instanceof XenLab ? "xen-0" : "kvm-0") + number;
  }

  static int hostNumber(String name) {
    return Integer.parseInt(name.substring(name.length() - 1));
  }

  /** Add a host as the lab's network knows it. */
  JsonNode add(int number) {
    return api.post("/api/v1/hosts", entry(number));
  }

  Map<String, String> entry(int number) {
    return Map.of("name", hostName(number), "uri", lab.peerUri(number));
  }

  void addAll(int hosts) {
    for (int number = 1; number <= hosts; number++) {
      add(number);
    }
    seeAllUp(Duration.ofSeconds(30));
  }

  void seeAllUp(Duration patience) {
    Await.until(
        "all hosts up",
        patience,
        () -> api.items("/api/v1/hosts"),
        found -> found.stream().allMatch(h -> h.get("state").asString().equals("UP")));
  }

  /** Have nothing tried again by itself, where a story breaks things and looks at each end. */
  void tryNothingAgain() {
    api.patch(
        "/api/v1/pools/" + host(1).get("poolId").asLong(),
        Map.of("moveOptions", Map.of("retries", 0)));
  }

  JsonNode host(int number) {
    return api.items("/api/v1/hosts").stream()
        .filter(h -> h.get("name").asString().equals(hostName(number)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("There is no host " + hostName(number) + "."));
  }

  /** Find a guest in the inventory, waiting until it was seen there. */
  JsonNode vm(String name) {
    return Await.until(
            "the guest " + name + " in the inventory",
            Duration.ofSeconds(30),
            () -> named(name),
            found -> found.size() == 1)
        .getFirst();
  }

  List<JsonNode> named(String name) {
    return api.items("/api/v1/vms").stream()
        .filter(v -> v.get("name").asString().equals(name))
        .toList();
  }

  /** Wait until a migration has ended, however it ended. */
  JsonNode ended(long migration, Duration patience) {
    return Await.until(
        "the end of migration " + migration,
        patience,
        () -> api.get("/api/v1/migrations/" + migration),
        m -> !List.of("PENDING", "RUNNING", "LOST").contains(m.get("state").asString()));
  }

  /** Ask for a move by hand, and give the id of the migration. */
  long move(String guest, int host) {
    return api.post(
            "/api/v1/vms/" + vm(guest).get("id").asLong() + "/migrations",
            Map.of("targetHostId", host(host).get("id").asLong()))
        .get("id")
        .asLong();
  }

  /**
   * Ask for a move by hand until it is taken, since what was broken last may still be coming back,
   * and give the id of the migration.
   *
   * @param method by which it has to go; null for the one that is chosen
   */
  long moveOnceHostsAnswer(String guest, int host, @Nullable Method method) {
    var path = "/api/v1/vms/" + vm(guest).get("id").asLong() + "/migrations";
    long target = host(host).get("id").asLong();
    Map<String, Object> wish =
        method == null
            ? Map.of("targetHostId", target)
            : Map.of("targetHostId", target, "method", method.name());
    return Await.until(
            "a move of " + guest + " to be taken",
            Duration.ofSeconds(60),
            () -> api.ask("POST", path, wish),
            answer -> answer.status() / 100 == 2)
        .body()
        .get("id")
        .asLong();
  }

  /** What libvirt said of a finished migration, by the names that virsh gives its figures. */
  record Told(Map<String, String> figures) {
    static Told parse(String output) {
      return new Told(
          output
              .lines()
              .map(line -> line.strip().split(": +", 2))
              .filter(parts -> parts.length == 2)
              .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (_, last) -> last)));
    }

    long number(String figure) {
      var told = figures.get(figure);
      if (told == null) {
        throw new AssertionError("libvirt does not tell " + figure + ", but " + figures + ".");
      }
      return Long.parseLong(told);
    }
  }

  /** Have virsh listen at the source for the end of a guest's next migration. */
  CompletableFuture<Told> nextMoveFrom(int host, String guest) {
    return Beside.supply(
        () ->
            Told.parse(
                lab.host(
                    "virsh",
                    host,
                    "event",
                    "--event",
                    "job-completed",
                    "--domain",
                    guest,
                    "--timeout",
                    "600")));
  }

  /** Give what the target's libvirt says of the last migration of a guest that it took. */
  Told lastMoveTo(int host, String guest) {
    return Told.parse(
        lab.host(
            "virsh", host, "domjobinfo", guest, "--completed", "--keep-completed", "--rawstats"));
  }
}
