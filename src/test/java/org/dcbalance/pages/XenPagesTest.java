package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a host cannot do is not offered on its page, nor on those of its VMs. */
@ConsolePagesTest
class XenPagesTest extends SimulatedPages {
  private static final String LOCAL_DISK =
      """
      [{"target": "xvda", "source": "/srv/own/disk.raw", "format": "raw", "cache": "default",
        "network": false, "readOnly": false, "medium": false}]
      """;

  private long pool;

  @BeforeEach
  void keep() {
    pool =
        jdbc.sql("insert into pool (name, paused) values ('two-kinds', true) returning id")
            .query(Long.class)
            .single();
    jdbc.sql(
            """
            insert into host (pool_id, name, uri, state, state_since, hypervisor, missing) values
              (:pool, 'kinds-xen', 'xen+tcp://127.0.0.1:9/system', 'UP', now(), 'Xen', cast(:missing as jsonb)),
              (:pool, 'kinds-kvm', 'qemu+tcp://127.0.0.1:9/system', 'UP', now(), 'QEMU', '{}')
            """)
        .param("pool", pool)
        .param(
            "missing",
            """
            {"ABORT": "no call to abort", "DISK_COPY": "no call to copy disks", "POST_COPY": "no call for post-copy",
             "AUTO_CONVERGE": "no call to slow down", "BANDWIDTH_LIMIT": "no call for bandwidth",
             "PARALLEL": "no call for connections", "MAX_DOWNTIME": "no call to limit the pause",
             "DIRTY_RATE": "no call to measure memory", "ENCRYPTION": "no call to encrypt"}
            """)
        .update();
    jdbc.sql(
            """
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, disks)
            select gen_random_uuid(), id, 'kinds-free-' || hypervisor, 'RUNNING', 1, 1, 1, '[]'::jsonb
            from host where pool_id = :pool
            union all
            select gen_random_uuid(), id, 'kinds-tied-' || hypervisor, 'RUNNING', 1, 1, 1, cast(:disks as jsonb)
            from host where pool_id = :pool
            """)
        .param("pool", pool)
        .param("disks", LOCAL_DISK)
        .update();
  }

  @AfterEach
  void forget() {
    jdbc.sql("delete from vm where name like 'kinds-%'").update();
    jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  private String vm(String name) {
    return "/vms/" + fleet.vm(name);
  }

  private String host(String name) {
    return "/hosts/"
        + jdbc.sql("select id from host where name = ?").param(name).query(Long.class).single();
  }

  @Test
  void disksAreOfferedToBeCopiedOnlyWhereTheHostCan() {
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(vm("kinds-tied-QEMU")))
          .contains("Copy its disks, too", "name=\"withStorage\"", "Migrate kinds-tied-QEMU");
      assertThat(operator.page(vm("kinds-tied-Xen")))
          .contains(
              "Its disks lie on kinds-xen alone, and are not copied with it: no call to copy disks.")
          .doesNotContain("Copy its disks, too", "withStorage", "Migrate kinds-tied-Xen");
      assertThat(operator.page(vm("kinds-free-Xen")))
          .contains("Migrate kinds-free-Xen")
          .doesNotContain("Its disks lie on");
    }
  }

  @Test
  void howMemoryGoesOverTheNetworkIsSaidBeforeAMove() {
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(vm("kinds-free-QEMU")))
          .contains("Its memory goes over the network unencrypted.");
      assertThat(operator.page(vm("kinds-free-Xen")))
          .contains("Its memory goes over the network unencrypted: no call to encrypt.");
      assertThat(operator.page(host("kinds-kvm")))
          .contains("Memory of moves", "not encrypted, but for VMs that require it");
      assertThat(operator.page(host("kinds-xen"))).contains("not encrypted: no call to encrypt");
      assertThat(operator.page("/pools/" + pool))
          .contains("Memory of moves", "not encrypted, but for VMs that require it");
      jdbc.sql("update pool set move_options = '{\"encrypted\": true}' where id = :pool")
          .param("pool", pool)
          .update();
      assertThat(operator.page(vm("kinds-free-QEMU")))
          .contains("Its memory goes over the network by TLS, or not at all.")
          .doesNotContain("unencrypted");
      assertThat(operator.page(host("kinds-kvm")))
          .contains("sent by TLS, or not at all: its pool requires it");
      assertThat(operator.page(host("kinds-xen")))
          .contains("not sent at all, since its pool requires TLS: no call to encrypt");
      assertThat(operator.page("/pools/" + pool)).contains("sent by TLS, or not at all");
      assertThat(operator.page("/pools/" + fleet.pool())).doesNotContain("Memory of moves");
      assertThat(operator.page("/hosts/" + fleet.host("sim-01"))).doesNotContain("Memory of moves");
    }
  }

  @Test
  void aDeadlineIsCalledWhatItIsWhereARunningMoveCannotBeEnded() {
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(vm("kinds-free-QEMU")))
          .contains("Give it up if it has not ended within so many minutes")
          .contains("Longest move, minutes; one that would take longer is switched")
          .doesNotContain("left to end");
      assertThat(operator.page(vm("kinds-free-Xen")))
          .contains(
              "Do not begin it later than in so many minutes",
              "Longest move, minutes; it does not begin to copy after that",
              "once it runs it is left to end: no call to abort")
          .doesNotContain("Give it up if it has not ended");
    }
  }

  @Test
  void optionsWithoutEffectAreShownDisabledWithTheReason() {
    var path = vm("kinds-free-Xen");
    jdbc.sql("update vm set move_options = cast(:own as jsonb) where name = 'kinds-free-Xen'")
        .param("own", "{\"connections\": 4, \"postCopy\": true}")
        .update();
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      var page = operator.page(path);
      assertThat(page)
          .containsPattern("name=\"throttlePercent\"[^>]* disabled")
          .containsPattern("name=\"bandwidthMiB\"[^>]* disabled")
          .containsPattern("name=\"connections\"[^>]* disabled")
          .containsPattern("name=\"postCopy\"[^>]* disabled")
          .containsPattern("name=\"postCopyAfterPercent\"[^>]* disabled")
          .doesNotContainPattern("name=\"capPercent\"[^>]* disabled")
          .doesNotContainPattern("name=\"downtimeMillis\"[^>]* disabled")
          .doesNotContainPattern("name=\"quietWaitSeconds\"[^>]* disabled")
          .contains(
              "no call for post-copy",
              "no call to slow down",
              "no call for bandwidth",
              "no call for connections",
              "by which its method is chosen; no call to limit the pause")
          .contains("<input type=\"hidden\" name=\"connections\" value=\"4\">")
          .contains("<input type=\"hidden\" name=\"postCopy\" value=\"true\">");
      assertThat(operator.page(vm("kinds-free-QEMU")))
          .doesNotContainPattern("name=\"postCopy\"[^>]* disabled");
      assertThat(administrator.page("/pools/" + pool))
          .contains("name=\"postCopy\"")
          .doesNotContainPattern("name=\"postCopy\"[^>]* disabled");
    }
  }

  @Test
  void aHelperIsNotOfferedForXen() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(administrator.page(host("kinds-kvm"))).contains("Set up its helper");
      assertThat(administrator.page(host("kinds-xen")))
          .contains("A helper serves QEMU hosts alone")
          .doesNotContain("Set up its helper");
      var refused =
          administrator.sendAndFollow(
              host("kinds-xen") + "/helper",
              "address",
              "127.0.0.1",
              "keyFile",
              "/k",
              "hostKey",
              "ssh-ed25519 " + "A".repeat(44));
      assertThat(notice(refused)).startsWith("bad").contains("A helper serves QEMU hosts alone");
    }
  }
}
