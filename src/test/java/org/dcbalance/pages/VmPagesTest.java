package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;
import static org.dcbalance.pages.SignedIn.version;

import java.util.List;
import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;

/** What operators ask of one virtual machine by its page. */
@ConsolePagesTest
class VmPagesTest extends SimulatedPages {
  @Test
  void aLongListOfVmsComesInPages() {
    // of a host that nobody reads any more, and so are they as they were
    jdbc.sql(
            """
            with host as (
              insert into host (pool_id, name, uri, removed_at)
              values (:pool, 'paged', 'simulated:///paged', now()) returning id)
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
            select gen_random_uuid(), host.id, 'paged-' || to_char(n, 'fm000'), 'SHUT_OFF', 1, 1, 1
            from host, generate_series(1, 120) n
            """)
        .param("pool", fleet.pool())
        .update();
    try (var viewer = as(Role.VIEWER)) {
      var first = viewer.page("/vms?q=paged&sort=name");
      assertThat(first)
          .contains("paged-001", "paged-100", "1–100 of 120", "page=2", ">120 of ", ", by name<")
          .doesNotContain("paged-101", "rel=\"prev\"");
      var second = viewer.page("/vms?q=paged&sort=name&page=2");
      assertThat(second)
          .contains("paged-101", "paged-120", "101–120 of 120", "page=1")
          .doesNotContain("paged-100", "rel=\"next\"");
    } finally {
      jdbc.sql("delete from vm where name like 'paged-%'").update();
    }
  }

  @Test
  void whatAnOperatorWishesForAVmIsShown() {
    var path = "/vms/" + fleet.vm("dns-01");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(
              operator.sendAndFollow(
                  path + "/never-move", "neverMove", "true", "note", "Bound to its clock"))
          .contains("Must not move", "Bound to its clock");
      assertThat(operator.sendAndFollow(path + "/never-move", "neverMove", "false"))
          .contains("Can move")
          .doesNotContain("Bound to its clock");
      var refused =
          operator.sendAndFollow(
              path + "/probe", "kind", "TCP", "address", "192.0.2.9", "port", "x");
      assertThat(notice(refused)).startsWith("bad").contains("is not a port");
      assertThat(refused).contains("value=\"192.0.2.9\"");
      assertThat(
              operator.sendAndFollow(
                  path + "/probe", "kind", "TCP", "address", "192.0.2.9", "port", "80"))
          .contains("is probed at 192.0.2.9 by TCP, port 80");
      assertThat(operator.sendAndFollow(path + "/probe", "kind", "NONE"))
          .contains("is not probed any more");
    }
  }

  @Test
  void whatCanBeDoneWithAVmIsAtTheTopAndLeadsToItsPlace() {
    var path = "/vms/" + fleet.vm("dns-01");
    try (var administrator = as(Role.ADMINISTRATOR);
        var viewer = as(Role.VIEWER)) {
      var page = administrator.page(path);
      for (var place : List.of("migrate", "checkpoints", "never-move", "rules")) {
        assertThat(page).contains("href=\"#" + place + "\"", "id=\"" + place + "\"");
      }
      assertThat(viewer.page(path)).doesNotContain("href=\"#migrate\"");
    }
  }

  @Test
  void aMoveByHandThatCannotBeIsRefusedWithTheReason() {
    var path = "/vms/" + fleet.vm("db-01");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(path))
          .contains("href=\"#why-it-stays\"", "id=\"why-it-stays\"", "passed-through device")
          .doesNotContain("href=\"#migrate\"");
      var answer =
          operator.sendAndFollow(path + "/migrations", "targetHostId", "" + fleet.host("sim-03"));
      assertThat(notice(answer)).startsWith("bad").contains("db-01 is tied to its host");
    }
  }

  @Test
  void aMoveByHandThatBreaksARuleIsRefusedUnlessAnAdministratorInsists() {
    long vm = fleet.vm("web-03");
    long home =
        jdbc.sql("select host_id from vm where id = :vm")
            .param("vm", vm)
            .query(Long.class)
            .single();
    long elsewhere = fleet.host(home == fleet.host("sim-04") ? "sim-03" : "sim-04");
    var path = "/vms/" + vm + "/migrations";
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      administrator.send(
          "/pools/" + fleet.pool() + "/rules",
          "name",
          "stays-home",
          "kind",
          "ON",
          "vms",
          "web-03",
          "hosts",
          jdbc.sql("select name from host where id = :home")
              .param("home", home)
              .query(String.class)
              .single());
      assertThat(operator.page("/vms/" + vm + "?target=" + elsewhere))
          .contains(
              "It would break the rule &quot;stays-home&quot;: web-03 must run on these hosts alone")
          .doesNotContain("Even against placement rules");
      assertThat(notice(operator.sendAndFollow(path, "targetHostId", "" + elsewhere)))
          .startsWith("bad")
          .contains("It would break the rule &quot;stays-home&quot;");
      assertThat(
              notice(
                  operator.sendAndFollow(
                      path, "targetHostId", "" + elsewhere, "breakRules", "true")))
          .contains("Only administrators may break placement rules.");
      assertThat(administrator.page("/vms/" + vm)).contains("Even against placement rules");
      // who forgot to insist finds the target still chosen
      assertThat(administrator.sendAndFollow(path, "targetHostId", "" + elsewhere))
          .contains("It would break the rule &quot;stays-home&quot;")
          .containsPattern("name=\"targetHostId\"[^>]* value=\"" + elsewhere + "\"[^>]* checked");
      // a paused pool moves nothing, but it is not the rule any more that stands in the way
      administrator.send("/pools/" + fleet.pool() + "/pause", "paused", "true");
      assertThat(
              notice(
                  administrator.sendAndFollow(
                      path, "targetHostId", "" + elsewhere, "breakRules", "true")))
          .contains("is paused: nothing is moved.")
          .doesNotContain("stays-home");
    } finally {
      jdbc.sql("update pool set paused = false where id = :pool")
          .param("pool", fleet.pool())
          .update();
      jdbc.sql("delete from placement_rule where name = 'stays-home'").update();
    }
  }

  @Test
  void whatWasEnteredComesBackWithARefusal() {
    var path = "/vms/" + fleet.vm("dns-01");
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var move =
          administrator.sendAndFollow(
              path + "/migrations",
              "targetHostId",
              "" + fleet.host("sim-03"),
              "endWithinMinutes",
              "soon",
              "breakRules",
              "true");
      assertThat(move)
          .contains("value=\"soon\"")
          .containsPattern("name=\"breakRules\" value=\"true\" checked");
      var note = "Bound to " + "x".repeat(500);
      var stays =
          administrator.sendAndFollow(path + "/never-move", "neverMove", "true", "note", note);
      assertThat(notice(stays)).startsWith("bad").contains("A note has at most 500 characters.");
      assertThat(stays).contains("value=\"" + note + "\"", "Never move it");
      var options =
          administrator.sendAndFollow(
              path + "/move-options",
              "downtimeMillis",
              "777",
              "retries",
              "99",
              "encrypted",
              "true");
      assertThat(notice(options)).startsWith("bad");
      assertThat(options)
          .contains("value=\"777\"", "value=\"99\"")
          .containsPattern("value=\"true\" selected=\"selected\">yes, by TLS");
      assertThat(administrator.page(path)).doesNotContain("value=\"777\"", "value=\"soon\"");
    }
  }

  @Test
  void aCheckKeepsWhatWasEnteredBesideItsTargetAndMovesNothing() {
    long vm = fleet.vm("dns-01");
    var path = "/vms/" + vm;
    long home =
        jdbc.sql("select host_id from vm where id = :vm")
            .param("vm", vm)
            .query(Long.class)
            .single();
    long target = fleet.host(home == fleet.host("sim-04") ? "sim-03" : "sim-04");
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var checked =
          administrator.sendAndFollow(
              path + "/migrations",
              "check",
              "" + target,
              "method",
              "PRE_COPY",
              "endWithinMinutes",
              "45",
              "breakRules",
              "true");
      assertThat(checked)
          .contains("Checked just now for a move to sim-0", "value=\"45\"")
          .containsPattern("name=\"breakRules\" value=\"true\" checked")
          .containsPattern("value=\"" + target + "\"[^>]* checked")
          .containsPattern("<option value=\"PRE_COPY\" selected");
      assertThat(
              jdbc.sql(
                      "select count(*) from migration where vm_id = :vm and state in ('PENDING', 'RUNNING')")
                  .param("vm", vm)
                  .query(Long.class)
                  .single())
          .isZero();
    }
  }

  @Test
  void whatSomebodySetForAVmMeanwhileIsNotUndoneByAnOlderForm() {
    long vm = fleet.vm("dns-01");
    var path = "/vms/" + vm;
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      var old = version(operator.page(path));
      administrator.sendAndFollow(path + "/move-options", "encrypted", "true");
      var late = operator.sendAndFollow(path + "/move-options", "version", old, "retries", "4");
      assertThat(notice(late))
          .startsWith("bad")
          .contains("dns-01 was changed after you loaded it, last by page-administrator");
      assertThat(late).containsPattern("name=\"retries\"[^>]*value=\"4\"");
      assertThat(options(vm)).contains("\"encrypted\": true").doesNotContain("\"retries\": 4");
      var again =
          operator.sendAndFollow(path + "/move-options", "version", version(late), "retries", "4");
      assertThat(notice(again)).startsWith("ok");
      assertThat(options(vm)).contains("\"retries\": 4").doesNotContain("\"encrypted\": true");
      assertThat(
              notice(
                  operator.sendAndFollow(
                      path + "/probe", "version", old, "kind", "ICMP", "address", "127.0.0.1")))
          .contains("dns-01 was changed after you loaded it");
      assertThat(
              notice(
                  operator.sendAndFollow(
                      path + "/never-move", "version", old, "neverMove", "true", "note", "mine")))
          .contains("dns-01 was changed after you loaded it");
    } finally {
      jdbc.sql("update vm set move_options = '{}' where id = :vm").param("vm", vm).update();
    }
  }

  @Test
  void aVmThatIsGoneIsNotOfferedToBeMoved() {
    long vm =
        jdbc.sql(
                """
                insert into vm (host_id, uuid, name, state, vcpus, max_memory_bytes, memory_bytes, cpu, gone_since)
                select host_id, gen_random_uuid(), 'gone-vm', 'RUNNING', 1, 1, 1, cpu, now()
                from vm where id = :other returning id
                """)
            .param("other", fleet.vm("dns-01"))
            .query(Long.class)
            .single();
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page("/vms/" + vm))
          .contains("No host shows it any more.")
          .doesNotContain("Can move", "Migrate gone-vm");
    } finally {
      jdbc.sql("delete from vm where id = :vm").param("vm", vm).update();
    }
  }

  private String options(long vm) {
    return jdbc.sql("select cast(move_options as text) from vm where id = :vm")
        .param("vm", vm)
        .query(String.class)
        .single();
  }

  @Test
  void noOperatorFreesAVmOfTheEncryptionThatItsPoolRequires() {
    long vm = fleet.vm("dns-01");
    var path = "/vms/" + vm;
    var checks =
        "/api/v1/vms/%d/checks?targetHostId=%d"
            .formatted(
                vm,
                jdbc.sql(
                        """
                        select h.id from host h, vm v where v.id = :vm and h.pool_id = :pool
                          and h.id <> v.host_id and h.state = 'UP' and h.removed_at is null
                        order by h.name limit 1
                        """)
                    .param("vm", vm)
                    .param("pool", fleet.pool())
                    .query(Long.class)
                    .single());
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page(checks)).contains("no encryption is asked for");
      assertThat(operator.page(path))
          .as("nothing of a simulated VM goes over a network")
          .doesNotContain("its pool requires it", "goes over the network");
      administrator.sendAndFollow("/pools/" + fleet.pool() + "/move-options", "encrypted", "true");
      operator.sendAndFollow(path + "/move-options", "encrypted", "false");
      assertThat(operator.page(checks)).contains("dns-01 may be sent only encrypted");
      assertThat(operator.page(path))
          .contains("yes, by TLS: its pool requires it")
          .doesNotContainPattern("name=\"encrypted\".{0,300}value=\"false\"");
    } finally {
      jdbc.sql("update vm set move_options = '{}' where id = :vm").param("vm", vm).update();
      jdbc.sql("update pool set move_options = '{}' where id = :pool")
          .param("pool", fleet.pool())
          .update();
    }
  }

  @Test
  void anAdministratorPinsAVmAndKeepsItApartOnItsPage() {
    long vm = fleet.vm("dns-01");
    var page = "/vms/" + vm;
    var rules = "/pools/" + fleet.pool() + "/rules";
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page(page)).doesNotContain("Pin to hosts");
      assertThat(administrator.page(page)).contains("Pin to hosts", "Keep dns-01");
      var refused =
          administrator.sendAndFollow(
              rules, "back", page, "vm", "" + vm, "kind", "ON", "name", "dns-pin", "hosts",
              "sim-99");
      assertThat(notice(refused)).startsWith("bad").contains("sim-99");
      assertThat(refused).contains("value=\"sim-99\"", "value=\"dns-pin\"", "Pin to hosts");
      var apart =
          administrator.sendAndFollow(
              rules,
              "back",
              page,
              "vm",
              "" + vm,
              "kind",
              "APART",
              "name",
              "dns-apart",
              "vms",
              "web-01");
      assertThat(notice(apart)).startsWith("ok");
      assertThat(apart).contains("Pin to hosts", "dns-apart", "must stay on different hosts");
    } finally {
      jdbc.sql("delete from placement_rule where name in ('dns-pin', 'dns-apart')").update();
    }
  }

  @Test
  void aDiskThatOtherHostsDoNotReachKeepsItsVmWhereNothingCopiesIt() {
    var path = "/vms/" + fleet.vm("backup-01");
    long target = fleet.host("sim-03");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(path))
          .contains("Its disks lie on sim-02 alone, and are not copied with it")
          .doesNotContain("Copy its disks, too", "name=\"withStorage\"");
      assertThat(operator.page(path + "?target=" + target + "&withStorage=true"))
          .contains("The disks of backup-01 cannot be copied with it, since sim-02 cannot");
      var plain = operator.sendAndFollow(path + "/migrations", "targetHostId", "" + target);
      assertThat(notice(plain)).startsWith("bad").contains("not on storage marked as shared");
      var along =
          operator.sendAndFollow(
              path + "/migrations", "targetHostId", "" + target, "withStorage", "true");
      assertThat(notice(along)).startsWith("bad").contains("cannot be copied with it");
      var late =
          operator.sendAndFollow(
              path + "/migrations", "targetHostId", "" + target, "endWithinMinutes", "soon");
      assertThat(notice(late)).contains("is no number of minutes");
    }
  }
}
