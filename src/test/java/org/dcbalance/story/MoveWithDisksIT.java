package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/**
 * A real guest whose disk lies on its host alone is moved with it, where somebody asks for that.
 */
@Tag("campaign")
@Timeout(900)
class MoveWithDisksIT {
  private static final String FOLDER = "/var/lib/libvirt/images";

  @RegisterExtension static final QemuLab LAB = new QemuLab("mv", 2);

  @Test
  void aLocalDiskGoesAlongAndNothingHalfCopiedStays() {
    try (var console = Console.inside(LAB, "move-with-disks", 8091).hurried().start();
        var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      LAB.start(1, "db-01", 1, "--disk", "local");
      LAB.disk(1, "kept");
      fleet.addAll(2);

      assertThat(refusal(fleet, "db-01", 2, false)).contains("not on storage marked as shared");
      assertThat(refusal(fleet, "db-01", 2, true))
          .contains("kvm-02 has no active storage pool that is the folder of " + FOLDER);
      makePool(1);
      makePool(2);

      var there = fleet.ended(ask(fleet, "db-01", 2), Duration.ofMinutes(3));
      assertThat(there.get("state").asString())
          .as(there.get("sentence").asString())
          .isEqualTo("COMPLETED");
      assertThat(there.get("withStorage").asBoolean()).isTrue();
      assertThat(there.get("expectedBytes").asLong())
          .isGreaterThan(QemuLab.GUEST_MEMORY.bytes() / 4);
      assertThat(there.get("sentence").asString())
          .contains("What was copied of it stays on kvm-01")
          .contains("vda (" + FOLDER + "/db-01.qcow2");
      assertThat(LAB.where("db-01")).containsExactly("2 running");
      assertThat(LAB.disk(1)).contains("kept");
      assertThat(volumes(1)).contains("db-01.qcow2");
      Figures.print(
          "moved with its disk: took, paused, sent",
          "%s ms, %s ms, %s bytes"
              .formatted(
                  there.get("totalMillis"), there.get("downtimeMillis"), there.get("bytes")));

      assertThat(refusal(fleet, "db-01", 1, true)).contains("which a copy would write over");
      LAB.host("virsh", 1, "vol-delete", "db-01.qcow2", "--pool", "images");

      // memory needs most of a minute then, so that the abort comes while it is copied
      LAB.limitLink(2, 20);
      long back = ask(fleet, "db-01", 1);
      Await.until(
          "a half-copied disk", Duration.ofMinutes(2), () -> volumes(1), v -> v.contains("db-01"));
      api.post("/api/v1/migrations/" + back + "/abort", Map.of());
      var aborted = fleet.ended(back, Duration.ofMinutes(3));
      assertThat(aborted.get("state").asString())
          .as(aborted.get("sentence").asString())
          .isEqualTo("ABORTED");
      assertThat(LAB.where("db-01")).containsExactly("2 running");
      assertThat(volumes(1)).doesNotContain("db-01");
      assertThat(volumes(2)).contains("db-01.qcow2");
      assertThat(LAB.disk(1)).contains("kept");
      assertThat(aborted.get("attempt").get("nextAt").isNull()).as("a person ended it").isTrue();
    } finally {
      LAB.unlimitLink(2);
    }
  }

  private static void makePool(int host) {
    LAB.host("virsh", host, "pool-define-as", "images", "dir", "--target", FOLDER);
    LAB.host("virsh", host, "pool-start", "images");
  }

  private static String volumes(int host) {
    LAB.host("virsh", host, "pool-refresh", "images");
    return LAB.host("virsh", host, "vol-list", "images");
  }

  private static Map<String, Object> wish(Fleet fleet, int host, boolean withStorage) {
    return Map.of("targetHostId", fleet.host(host).get("id").asLong(), "withStorage", withStorage);
  }

  private static String refusal(Fleet fleet, String guest, int host, boolean withStorage) {
    var answer = fleet.api().ask("POST", path(fleet.vm(guest)), wish(fleet, host, withStorage));
    assertThat(answer.status()).isEqualTo(422);
    return answer.problem();
  }

  private static long ask(Fleet fleet, String guest, int host) {
    return fleet.api().post(path(fleet.vm(guest)), wish(fleet, host, true)).get("id").asLong();
  }

  private static String path(JsonNode vm) {
    return "/api/v1/vms/" + vm.get("id").asLong() + "/migrations";
  }
}
