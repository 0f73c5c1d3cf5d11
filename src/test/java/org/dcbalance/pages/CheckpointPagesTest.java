package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.sql.Types;
import java.time.Duration;
import java.util.function.Supplier;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsolePagesTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** Checkpoints, virtual clusters and recovery by pages, of hosts that only the database has. */
@ConsolePagesTest
class CheckpointPagesTest {
  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;
  private long pool;
  private long cluster;
  private long vm;
  private long taken;
  private long alone;
  private long member;

  @BeforeEach
  void keep() {
    pool = number("insert into pool (name) values ('kept') returning id");
    jdbc.sql(
            """
            insert into host (pool_id, name, uri, state, state_since) values
              (:pool, 'kept-01', 'qemu+tcp://127.0.0.1:9/system', 'UP', now() - interval '1 hour'),
              (:pool, 'kept-02', 'qemu+tcp://127.0.0.1:19/system', 'UP', now() - interval '1 hour')
            """)
        .param("pool", pool)
        .update();
    jdbc.sql(
            """
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
            select gen_random_uuid(), h.id, n, 'SHUT_OFF', 1, 1, 1
            from host h, unnest(array['kept-db', 'kept-web']) n where h.name = 'kept-01'
            """)
        .update();
    vm = number("select id from vm where name = 'kept-db'");
    cluster =
        number(
            "insert into virtual_cluster (pool_id, name, created_by) values ("
                + pool
                + ", 'kept-shop', 'amy') returning id");
    jdbc.sql("insert into virtual_cluster_vm select :cluster, id from vm where name like 'kept-%'")
        .param("cluster", cluster)
        .update();
    taken =
        number(
            "insert into cluster_checkpoint (cluster_id, state, why, requested_by) values ("
                + cluster
                + ", 'COMPLETE', 'Together', 'amy') returning id");
    alone = checkpoint("kept-db", null);
    member = checkpoint("kept-db", taken);
    checkpoint("kept-web", taken);
    jdbc.sql("insert into checkpoint_storage (pool_id, storage, set_by) values (:pool, 'kept', '')")
        .param("pool", pool)
        .update();
  }

  private long checkpoint(String of, @Nullable Long together) {
    return jdbc.sql(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by,
              requested_at, captured_at, memory_bytes, cluster_checkpoint_id)
            select v.id, h.pool_id, h.id, 'kept', 'COMPLETE', true, 'Before the upgrade', 'amy',
              '2026-01-02T03:04:05Z', '2026-01-02T03:05:05Z', 1, :together
            from vm v join host h on h.id = v.host_id where v.name = :of
            returning id
            """)
        .param("of", of)
        .param("together", together, Types.BIGINT)
        .query(Long.class)
        .single();
  }

  @AfterEach
  void forget() {
    jdbc.sql("update installation set doubt = null, doubted_at = null").update();
    jdbc.sql("delete from virtual_cluster where pool_id = :pool").param("pool", pool).update();
    jdbc.sql("delete from vm where name like 'kept-%'").update();
    jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void aRefusedScheduleKeepsWhatWasEntered() {
    try (var operator = as(Role.OPERATOR)) {
      var page =
          operator.sendAndFollow(
              "/checkpoint-schedules",
              "of",
              "kept-db",
              "cron",
              "sometimes",
              "keepCount",
              "3",
              "keepDays",
              "31");
      assertThat(notice(page)).startsWith("bad").contains("is not a time that comes again");
      assertThat(page)
          .contains("value=\"kept-db\"", "value=\"sometimes\"", "value=\"3\"", "value=\"31\"");
      page =
          operator.sendAndFollow(
              "/checkpoint-schedules",
              "of",
              "kept-db",
              "cron",
              "0 30 2 * * *",
              "keepCount",
              "3",
              "manner",
              "BARRIER");
      assertThat(notice(page))
          .startsWith("bad")
          .contains("kept-db is one machine")
          .doesNotContain("&quot;manner&quot;");
      assertThat(page).containsPattern("value=\"BARRIER\" selected");
      assertThat(operator.page("/checkpoints")).doesNotContain("value=\"0 30 2 * * *\"");
    }
  }

  @Test
  void aScheduleSaysWhenItTookSomethingLast() {
    try (var operator = as(Role.OPERATOR)) {
      var path = "/checkpoint-schedules";
      var page =
          operator.sendAndFollow(path, "of", "kept-db", "cron", "0 0 2 1 1 *", "keepCount", "3");
      assertThat(page).containsPattern("data-label=\"Last time\"><span class=\"muted\">never<");
      jdbc.sql(
              "update checkpoint set schedule_id = (select max(id) from checkpoint_schedule) where id = :id")
          .param("id", alone)
          .update();
      assertThat(operator.page("/checkpoints"))
          .containsPattern("data-label=\"Last time\"><time[^>]*datetime=\"2026-01-02T03:04:05Z\"");
    }
  }

  @Test
  void aMembersCheckpointIsDeletedWithTheOthersAlone() {
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page("/checkpoints/" + alone))
          .contains("/checkpoints/" + alone + "/delete")
          .doesNotContain("It is part of a checkpoint of the virtual cluster");
      assertThat(operator.page("/checkpoints/" + member))
          .contains(
              "It is part of a checkpoint of the virtual cluster",
              "/virtual-clusters/" + cluster + "#taken-" + taken)
          .doesNotContain("/checkpoints/" + member + "/delete");
      assertThat(operator.page("/checkpoints").split("with its virtual cluster", -1)).hasSize(3);
    }
  }

  @Test
  void whoHasACheckpointVerifiedIsNoted() {
    // nothing is read meanwhile
    jdbc.sql("update installation set doubt = 'It was restored.', doubted_at = now()").update();
    try (var operator = as(Role.OPERATOR)) {
      var path = "/checkpoints/" + alone + "/verify";
      assertThat(notice(operator.sendAndFollow(path))).contains("All of it is being read.");
      assertThat(notice(operator.sendAndFollow(path))).startsWith("bad");
    }
    assertThat(
            jdbc.sql(
                    """
                    select who from audit_entry
                    where act = 'CHECKPOINT_VERIFIED' and kind = 'vm' and object_id = :vm and object = 'kept-db'
                      and after->>'checkpoint' = :checkpoint
                    """)
                .param("vm", vm)
                .param("checkpoint", "" + alone)
                .query(String.class)
                .list())
        .as("once, since it was refused then")
        .containsExactly("page-operator");
  }

  @Test
  void whenACheckpointWasTakenIsWhenItWasCaptured() {
    try (var viewer = as(Role.VIEWER)) {
      for (var path : new String[] {"/vms/" + vm, "/virtual-clusters/" + cluster}) {
        assertThat(viewer.page(path))
            .as(path)
            .contains("datetime=\"2026-01-02T03:05:05Z\"")
            .doesNotContain("datetime=\"2026-01-02T03:04:05Z\"");
      }
    }
  }

  @Test
  void aRestoreIsAskedForByItsEffect() {
    try (var operator = as(Role.OPERATOR)) {
      assertThat(whileUp(() -> operator.page("/checkpoints/" + alone), "Restore kept-db<"))
          .contains("data-confirm=\"Restore kept-db from this checkpoint?");
      assertThat(whileUp(() -> operator.page("/virtual-clusters/" + cluster), ">kept-02<"))
          .contains(
              "data-confirm=\"Restore all 2 members of kept-shop from this checkpoint?",
              "Restore 2 machines",
              "where it was, kept-01",
              "name=\"host-" + vm + "\"");
    }
  }

  @Test
  void membersAreRestoredOnTheHostsThatAreChosen() {
    jdbc.sql("update host set maintenance = true where name = 'kept-02'").update();
    long elsewhere = number("select id from host where name = 'kept-02'");
    long web = number("select id from vm where name = 'kept-web'");
    try (var operator = as(Role.OPERATOR)) {
      var path = "/cluster-checkpoints/" + taken + "/restore";
      var page = operator.sendAndFollow(path, "host-" + vm, "" + elsewhere, "host-" + web, "");
      assertThat(notice(page)).startsWith("bad").contains("kept-02");
      assertThat(page).containsPattern("<details[^>]* open");
      assertThat(notice(operator.sendAndFollow(path, "host-" + vm, "x")))
          .contains("There is no host x.");
    }
  }

  @Test
  void refusedFormsOfCheckpointsKeepWhatWasEntered() {
    jdbc.sql("update vm set state = 'RUNNING' where name like 'kept-%'").update();
    jdbc.sql("update installation set doubt = 'It was restored.', doubted_at = now()").update();
    try (var operator = as(Role.OPERATOR)) {
      whileUp(
          () ->
              operator.sendAndFollow(
                  "/vms/" + vm + "/checkpoints", "why", "Just so", "stopped", "true"),
          "value=\"Just so\"");
      whileUp(
          () ->
              operator.sendAndFollow(
                  "/virtual-clusters/" + cluster + "/checkpoints",
                  "why",
                  "All of them",
                  "manner",
                  "BARRIER"),
          "value=\"All of them\"");
      var copied =
          whileUp(
              () ->
                  operator.sendAndFollow(
                      "/checkpoints/" + alone + "/copies",
                      "name",
                      "kept-again",
                      "hostId",
                      "" + number("select id from host where name = 'kept-02'"),
                      "network",
                      "nowhere-9"),
              "value=\"nowhere-9\"");
      assertThat(copied)
          .contains("value=\"kept-again\"")
          .containsPattern("selected=\"selected\">kept-02<");
    }
  }

  @Test
  void aStatementThatAHostIsOffIsKeptWhenItIsRefused() {
    long host = number("select id from host where name = 'kept-01'");
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var page =
          Await.until(
              "the host is silent",
              Duration.ofSeconds(30),
              () -> {
                jdbc.sql(
                        """
                        with down as (update host set state = 'DOWN' where id = :host)
                        insert into host_silence (host_id, since, probe)
                        values (:host, now() - interval '5 minutes', '')
                        on conflict (host_id) do update set since = excluded.since
                        """)
                    .param("host", host)
                    .update();
                return administrator.sendAndFollow(
                    "/hosts/" + host + "/fencing", "name", "kept-1", "why", "Its plug is out");
              },
              found -> found.contains("value=\"Its plug is out\""));
      assertThat(notice(page)).startsWith("bad").contains("is not the name of the host");
      assertThat(page)
          .containsPattern(
              "has answered for <time[^>]* data-age=\"bare\"[^>]*>5[^<]*min</time>\\.");
    }
  }

  @Test
  void aRefusedHelperKeepsWhatWasEntered() {
    long host = number("select id from host where name = 'kept-01'");
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var page =
          administrator.sendAndFollow(
              "/hosts/" + host + "/helper",
              "address",
              "kept-01",
              "port",
              "2222",
              "user",
              "helper",
              "keyFile",
              "/etc/dcbalance/key",
              "hostKey",
              "none");
      assertThat(notice(page)).startsWith("bad");
      assertThat(page)
          .contains(
              "value=\"2222\"",
              "value=\"helper\"",
              "value=\"/etc/dcbalance/key\"",
              "value=\"none\"");
    }
  }

  @Test
  void aRefusedRecoveryKeepsWhatWasTicked() {
    long host = number("select id from host where name = 'kept-01'");
    jdbc.sql("update vm set state = 'RUNNING' where name like 'kept-%'").update();
    try (var operator = as(Role.OPERATOR)) {
      var page =
          Await.until(
              "a refusal beside the form",
              Duration.ofSeconds(30),
              () -> {
                jdbc.sql(
                        """
                        update host set state = case name when 'kept-01' then 'DOWN' else 'UP' end
                        where pool_id = :pool
                        """)
                    .param("pool", pool)
                    .update();
                jdbc.sql(
                        """
                        insert into host_fencing (host_id, why, stated_by) values (:host, 'unplugged', 'amy')
                        on conflict do nothing
                        """)
                    .param("host", host)
                    .update();
                jdbc.sql(
                        """
                        insert into host_silence (host_id, since, probe)
                        values (:host, now(), 'Nothing answers at its address.')
                        on conflict (host_id) do update set since = excluded.since
                        """)
                    .param("host", host)
                    .update();
                return operator.sendAndFollow("/hosts/" + host + "/recovery", "vmIds", "" + vm);
              },
              shown -> shown.contains("name=\"vmIds\"") && shown.contains("is to be said"));
      assertThat(notice(page)).startsWith("bad");
      var ticked = "<input(?=[^>]*name=\"vmIds\")(?=[^>]*value=\"%d\")(?=[^>]*checked)";
      long other = number("select id from vm where name = 'kept-web'");
      assertThat(page)
          .containsPattern(ticked.formatted(vm))
          .doesNotContainPattern(ticked.formatted(other));
    }
  }

  @Test
  void theChosenPoolIsTheOneThatIsListed() {
    try (var operator = as(Role.OPERATOR)) {
      operator.send(
          "/checkpoint-schedules", "of", "kept-shop", "cron", "0 0 2 1 1 *", "keepCount", "3");
      operator.send("/preferences", "pool", "" + pool, "back", "/");
      assertThat(operator.page("/checkpoints"))
          .contains(">kept-db<", ">kept-shop<", "id=\"storage-" + pool)
          .containsPattern("id=\"schedule-");
      assertThat(operator.page("/virtual-clusters")).contains(">kept-shop<");
      operator.send("/preferences", "pool", "" + new SimulatedFleet(jdbc).pool(), "back", "/");
      assertThat(operator.page("/checkpoints"))
          .doesNotContain(">kept-db<", ">kept-shop<", "id=\"schedule-");
      assertThat(operator.page("/virtual-clusters")).doesNotContain(">kept-shop<");
    }
  }

  @Test
  void aRestoreWhoseDisksAreNotCopiedSaysWhyAndKeepsItsCheckpoint() {
    jdbc.sql(
            """
            with disk as (
              insert into checkpoint_disk (checkpoint_id, target, source, overlay, volume)
              values (:alone, 'vda', '/images/db', '/images/db.over', 'kept.vda'))
            insert into checkpoint_restore (checkpoint_id, vm_id, host_id, state, step, replaces, requested_by,
              sentence)
            select :alone, id, host_id, 'DETACHING', 'kept-db is shut off on kept-01.', false, 'amy',
              'kept-db runs on kept-01 again, after 1.3 s.'
            from vm where id = :vm
            """)
        .param("alone", alone)
        .param("vm", vm)
        .update();
    try (var operator = as(Role.OPERATOR)) {
      // nothing answers there, which is said as soon as that was noticed
      assertThat(operator.page("/checkpoints/" + alone))
          .contains("Not on its own disks")
          .containsPattern("kept-db is shut off on kept-01\\.|What became of kept-db is not known")
          .doesNotContain("kept-db runs on kept-01 again");
      var page = operator.sendAndFollow("/checkpoints/" + alone + "/delete");
      assertThat(notice(page))
          .startsWith("bad")
          .contains("Checkpoint " + alone + " is needed still.");
    }
  }

  /** Nothing answers at these hosts, which is noticed at any time. */
  private String whileUp(Supplier<String> page, String contains) {
    return Await.until(
        contains,
        Duration.ofSeconds(30),
        () -> {
          jdbc.sql("update host set state = 'UP' where pool_id = :pool")
              .param("pool", pool)
              .update();
          return page.get();
        },
        found -> found.contains(contains));
  }

  private long number(String query) {
    return jdbc.sql(query).query(Long.class).single();
  }

  private SignedIn as(Role role) {
    return SignedIn.as(role, port, jdbc, encoder);
  }
}
