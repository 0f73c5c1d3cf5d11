package org.dcbalance.story;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.dcbalance.testing.Await;
import tools.jackson.databind.JsonNode;

/** Checkpoints of one guest, by a console's API. */
record Captures(Fleet fleet, String guest) {
  /** Give the path of the guest, or of something of it. */
  String path(String more) {
    return "/api/v1/vms/" + fleet.vm(guest).get("id").asLong() + more;
  }

  /** Have all checkpoints of the first host's pool kept in a storage pool of its hosts. */
  Api.Answer choose(String storage) {
    var pool = fleet.host(1).get("poolId").asLong();
    return fleet
        .api()
        .ask("PUT", "/api/v1/pools/" + pool + "/checkpoint-storage", Map.of("name", storage));
  }

  long take(Map<String, ?> wish) {
    return fleet.api().post(path("/checkpoints"), wish).get("id").asLong();
  }

  JsonNode shown(long id) {
    return fleet.api().get("/api/v1/checkpoints/" + id);
  }

  JsonNode until(long id, String state) {
    return Await.until(
        "checkpoint " + id + " " + state,
        Duration.ofSeconds(60),
        () -> shown(id),
        c -> c.get("state").asString().equals(state));
  }

  /** Take one, and wait until it has come to a step. */
  long beginUntil(String step) {
    long id = take(Map.of());
    Await.until(
        "the step " + step,
        Duration.ofSeconds(60),
        Duration.ofMillis(20),
        () -> shown(id),
        c -> c.get("step").asString().startsWith(step) || !open(c));
    return id;
  }

  /** Wait until it is complete, or nothing is left of it. */
  JsonNode endOf(long id) {
    return Await.until("its end", Duration.ofSeconds(90), () -> shown(id), c -> !open(c));
  }

  private static boolean open(JsonNode checkpoint) {
    return List.of("PENDING", "TAKING", "CLEANING").contains(checkpoint.get("state").asString());
  }

  /** Wait for the end of the last restore. */
  JsonNode restored(long id) {
    return Await.until(
        "the restore of checkpoint " + id,
        Duration.ofSeconds(90),
        () -> shown(id).get("restores").get(0),
        r -> List.of("DONE", "FAILED").contains(r.get("state").asString()));
  }

  /** List what is in the lab's storage pool for checkpoints. */
  List<String> stored() {
    return fleet.lab().host("sh", 1, "ls", "/var/lib/libvirt/checkpoints").lines().toList();
  }
}
