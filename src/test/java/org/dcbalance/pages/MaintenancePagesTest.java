package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.dcbalance.access.Keys;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Hosts enter maintenance from a page that says what that takes, and leave it. */
@ConsolePagesTest
class MaintenancePagesTest extends SimulatedPages {
  @Autowired private Keys keys;

  @Test
  void thePreviewSaysWhatMovesWhatStaysAndWhatItDoesToOthersAndChangesNothing() {
    long host = fleet.host("sim-02");
    try (var operator = as(Role.OPERATOR);
        var viewer = as(Role.VIEWER)) {
      assertThat(operator.page("/hosts/" + host))
          .contains("href=\"/hosts/" + host + "/evacuation\"", "Maintenance…")
          .doesNotContain("action=\"/hosts/" + host + "/maintenance\"");
      var page =
          Await.until(
              "VMs that would leave",
              Duration.ofSeconds(60),
              () -> operator.page("/hosts/" + host + "/evacuation"),
              shown -> shown.contains("Would move"));
      assertThat(page)
          .contains(
              "Expected time",
              "Effect on the hosts that take them",
              "Would stay",
              "backup-01",
              "Enter maintenance, move nothing",
              "data-confirm=\"Put sim-02 into maintenance? Nothing moves to it any more; its ")
          .containsPattern(">Enter maintenance and move \\d+ VMs?</button>")
          .containsPattern(
              "data-confirm=\"Put sim-02 into maintenance and move \\d+ VMs? to other");
      assertThat(viewer.page("/hosts/" + host + "/evacuation"))
          .contains("Would stay")
          .doesNotContain("<button>Enter", "class=\"primary\">Enter");
    }
    assertThat(maintenance(host)).isFalse();
  }

  @Test
  void aHostEntersWithoutMovingAnythingAndLeavesByOneClick() {
    try (var recorded = new RecordedPool(jdbc, "kept-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long host =
          jdbc.sql("select min(id) from host where pool_id = :pool")
              .param("pool", recorded.id())
              .query(Long.class)
              .single();
      assertThat(operator.page("/hosts/" + host + "/evacuation"))
          .contains("Enter maintenance, move nothing")
          .doesNotContain("Enter maintenance and move");
      var entered = operator.sendAndFollow("/hosts/" + host + "/maintenance", "on", "true");
      assertThat(notice(entered)).startsWith("ok").contains("nothing moves to it");
      assertThat(entered)
          .contains("<button>Leave maintenance</button>", "Empty it…")
          .doesNotContain("Maintenance…");
      assertThat(maintenance(host)).isTrue();
      assertThat(operator.page("/hosts/" + host + "/evacuation"))
          .doesNotContain("Enter maintenance");
      assertThat(notice(operator.sendAndFollow("/hosts/" + host + "/maintenance", "on", "false")))
          .startsWith("ok")
          .contains("takes guests again");
      assertThat(maintenance(host)).isFalse();
    }
  }

  @Test
  void whatTheRestTakesIsToldAsFarAsItIsKnown() {
    try (var recorded = new RecordedPool(jdbc, "rest-" + UUID.randomUUID(), 1);
        var viewer = as(Role.VIEWER)) {
      long host =
          jdbc.sql("select min(id) from host where pool_id = :pool")
              .param("pool", recorded.id())
              .query(Long.class)
              .single();
      // its evacuation would be ended without
      jdbc.sql("update host set maintenance = true where id = :host").param("host", host).update();
      // under an epoch under which nobody drives it
      jdbc.sql(
              """
              with begun as (
                insert into evacuation (host_id, state, guests, started_by, started_at)
                values (:host, 'OPEN', 3, 'ann', now()) returning id),
              moves as (
                insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why,
                  requested_by, created_at, started_at, epoch, expected_millis)
                select :pool, min(v.id), :host, max(h.id), 'RUNNING', 'COPYING', '', 'ann', now(),
                  now() - interval '2 minutes', :later, 60000
                from vm v, host h where v.host_id = :host and h.pool_id = :pool returning id)
              insert into evacuation_move select begun.id, moves.id from begun, moves
              """)
          .param("host", host)
          .param("pool", recorded.id())
          .param("later", 1L << 50)
          .update();
      var path = "/hosts/" + host + "/evacuation";
      assertThat(viewer.page(path))
          .containsPattern(
              "Expected for the rest</dt><dd><span>–</span> <small[^>]*>1 not known</small>");
      jdbc.sql("update migration set expected_millis = 7300000 where source_id = :host")
          .param("host", host)
          .update();
      assertThat(viewer.page(path))
          .containsPattern("Expected for the rest</dt><dd><span>1 h 59 min</span>\\s*</dd>");
    }
  }

  @Test
  void programsOfOperatorsDoTheSame() {
    var token = keys.add("maintains", Role.OPERATOR, false, null, new Operator("tests")).secret();
    try (var recorded = new RecordedPool(jdbc, "kept-" + UUID.randomUUID(), 1);
        var program = new Browser(port)) {
      long host =
          jdbc.sql("select min(id) from host where pool_id = :pool")
              .param("pool", recorded.id())
              .query(Long.class)
              .single();
      for (boolean on : List.of(true, false)) {
        var answer =
            program.send(
                program
                    .request("/api/v1/hosts/" + host + "/maintenance")
                    .header("Authorization", "Bearer " + token)
                    .method(on ? "POST" : "DELETE", BodyPublishers.noBody())
                    .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"maintenance\":" + on, "\"uri\":null");
        assertThat(maintenance(host)).isEqualTo(on);
      }
    } finally {
      keys.revoke("maintains", new Operator("tests"));
    }
  }

  private boolean maintenance(long host) {
    return jdbc.sql("select maintenance from host where id = :id")
        .param("id", host)
        .query(Boolean.class)
        .single();
  }
}
