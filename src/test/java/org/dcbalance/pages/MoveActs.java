package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is proposed and moved, and the machines that it is about. */
final class MoveActs {
  private static final String STATE = "select state from migration where id = ";
  private static final String DECIDED =
      """
      select string_agg(case when state in ('APPROVED', 'SETTLED') then 'approved' else state end, ' ' order by id)
      from recommendation where id in (%d, %d)
      """;

  /** Long enough under way to be aborted, also on a busy machine. */
  private static final String SLOWLY = "{\"bandwidthMiB\": 150}";

  private final ActStage stage;
  private final Visitor visitor;

  MoveActs(ActStage stage) {
    this.stage = stage;
    this.visitor = stage.visitor();
  }

  Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    // before anything of the recorded pool is approved
    table.put(
        "/vms",
        new PageActs(
            () -> {
              visitor.open("/vms");
              visitor.fill("Filter", "q", "nothing-is-called-so");
              visitor.press("Filter");
              visitor.sees("No virtual machine matches this filter.");
            },
            () -> visitor.isRefused("/vms?page=x", 400, "\"page\" cannot be x."),
            () -> {
              visitor.open("/vms");
              visitor.fill("Filter", "q", stage.vm(1));
              visitor.press("Filter");
              assertThat(visitor.row(stage.vm(1))).contains("Running " + stage.host(1));
              assertThat(visitor.has("tr[data-row='" + stage.vmId(2) + "']")).isFalse();
            }));
    table.put(
        "/vms/{id}",
        new PageActs(
            () -> {
              visitor.open("/vms/" + stage.vmId(3));
              visitor.sees("Never moved by DCbalance.", "No storage is chosen for checkpoints");
            },
            this::noPort,
            () -> {
              assertThat(stage.word(STATE + migrate("vpn-01"))).isNotEqualTo("REFUSED");
              neverMoves();
              pins();
            }));
    table.put(
        "/recommendations",
        new PageActs(
            () -> {
              visitor.open("/recommendations?shown=" + stage.empty());
              visitor.sees("No host is watched here yet.");
            },
            this::comesTooLate,
            () -> {
              approvesSeveral();
              rejects();
            }));
    table.put(
        "/recommendations/{id}",
        new PageActs(
            () -> {
              visitor.open("/recommendations/" + propose(4));
              visitor.sees("Never moved; the cost comes from its memory and dirty rate alone.");
            },
            () ->
                visitor.isRefused(
                    "/recommendations/999999999", 404, "There is no recommendation 999999999."),
            () -> {
              long proposed = propose(4);
              visitor.open("/recommendations/" + proposed);
              visitor.press("Approve 1 move");
              visitor.sees("Approved 1 move: " + stage.vm(4));
              assertThat(stage.word(DECIDED.formatted(proposed, 0))).isEqualTo("approved");
            }));
    table.put(
        "/migrations",
        new PageActs(
            () -> {
              visitor.open("/migrations?shown=" + stage.empty());
              visitor.sees("No migration is running.", "No migration has finished yet.");
            },
            () -> visitor.isRefused("/migrations?before=x", 400, "\"before\" cannot be x."),
            () -> {
              slow("db-03", SLOWLY);
              long move = migrate("db-03");
              visitor.open("/migrations");
              visitor.press("Abort the migration of db-03");
              visitor.confirm();
              visitor.sees("The migration of db-03 is being aborted.");
              stage.becomes("ABORTED", STATE + move);
              slow("db-03", "{}");
            }));
    table.put(
        "/migrations/{id}",
        new PageActs(
            () -> {
              visitor.open("/migrations/" + moved(stage.vm(1), stage.host(1), stage.host(2)));
              visitor.sees("Expected against measured", "not measured", "not probed");
            },
            () ->
                visitor.isRefused("/migrations/999999999", 404, "There is no migration 999999999."),
            this::migratesBack));
    return table;
  }

  private void comesTooLate() {
    long late = propose(1);
    visitor.open("/recommendations?shown=" + pool());
    // what has the focus stays on the page, whatever comes meanwhile
    visitor.focus("#pick-" + late);
    stage.update(
        "update recommendation set expires_at = now() - interval '1 hour' where id = " + late);
    visitor.press("Approve the move of " + stage.vm(1));
    visitor.sees("Refused", "to move " + stage.vm(1) + " cannot be");
    assertThat(stage.word(DECIDED.formatted(late, 0))).isNotEqualTo("approved");
  }

  private void approvesSeveral() {
    long one = propose(2);
    long other = propose(3);
    visitor.open("/recommendations?shown=" + pool());
    visitor.pressAt("#pick-" + one);
    visitor.pressAt("#pick-" + other);
    visitor.sees("2 selected", "one after another");
    visitor.press("Approve 2 moves");
    visitor.sees("Approved 2 moves: ");
    assertThat(stage.word(DECIDED.formatted(one, other))).isEqualTo("approved approved");
  }

  private void rejects() {
    long proposed = propose(4);
    visitor.open("/recommendations?shown=" + pool());
    visitor.press("Reject the move of " + stage.vm(4));
    visitor.fill("Reject", "reason", "Backup runs");
    visitor.press("Reject");
    visitor.sees("Rejected 1 move");
    assertThat(stage.word("select state || ' ' || note from recommendation where id = " + proposed))
        .isEqualTo("REJECTED Backup runs");
  }

  /** Propose a move in a pool without hosts: no round confirms or withdraws it meanwhile. */
  private long propose(int vm) {
    stage.update(
        "update recommendation set state = 'SUPERSEDED' where state = 'PROPOSED' and vm_id = "
            + stage.vmId(vm));
    return stage.id(
        """
        insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
          why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
        select %d, v.id, v.host_id, t.id, 'HIGH', 'PROPOSED', 'Its host is hot.', 'There is room.', '[]',
          '{"bytes": 2147483648, "millis": 20000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
            "measuredDirtyRate": true, "measuredBandwidth": true}', 0.2, 0.4, 0.1, now(),
          now() + interval '1 hour'
        from vm v join host t on t.pool_id = :recorded and t.name = :name || '-3'
        where v.id = %d returning id
        """
            .formatted(pool(), stage.vmId(vm)));
  }

  private long pool() {
    return stage.id(
        """
        insert into pool (name) values (:name || '-moves')
        on conflict (name) do update set note = '' returning id
        """);
  }

  /** Ask for a move of a simulated machine on its page, to the first host that can take it. */
  private long migrate(String vm) {
    visitor.open("/vms/" + stage.fleet().vm(vm));
    visitor.pressAt("#migrate [name=targetHostId]:enabled");
    visitor.press("Migrate " + vm);
    long move = visitor.atAnother("/migrations", 0);
    visitor.sees("Asked for by hand.");
    return move;
  }

  private void slow(String vm, String options) {
    stage.update(
        "update vm set move_options = '%s' where name = '%s' and gone_since is null"
            .formatted(options, vm));
  }

  private long moved(String vm, String from, String to) {
    return stage.id(
        """
        insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
          created_at, started_at, finished_at)
        select s.pool_id, v.id, s.id, t.id, 'COMPLETED', 'DONE', 'Asked for by hand.', :name, now(), now(), now()
        from vm v, host s, host t where v.name = '%s' and v.gone_since is null and s.name = '%s' and s.removed_at is null
          and t.name = '%s' and t.removed_at is null returning id
        """
            .formatted(vm, from, to));
  }

  private void migratesBack() {
    var home =
        stage.word(
            "select h.name from vm v join host h on h.id = v.host_id where v.name = 'db-02'");
    slow("db-02", SLOWLY);
    long before = moved("db-02", home.equals("sim-04") ? "sim-02" : "sim-04", home);
    visitor.open("/migrations/" + before);
    visitor.press("Migrate back");
    visitor.confirm();
    long back = visitor.atAnother("/migrations", before);
    visitor.press("Abort");
    visitor.confirm();
    visitor.sees("The migration of db-02 is being aborted.");
    stage.becomes("ABORTED", STATE + back);
    slow("db-02", "{}");
  }

  private void noPort() {
    visitor.open("/vms/" + stage.fleet().vm("dns-01"));
    visitor.fill("Save probe", "kind", "TCP");
    visitor.fill("Save probe", "address", "192.0.2.9");
    visitor.press("Save probe");
    visitor.sees("Refused", "A TCP probe needs a port.");
    assertThat(visitor.held("Save probe", "address")).isEqualTo("192.0.2.9");
    visitor.isRefused("/vms/999999999", 404, "There is no virtual machine 999999999.");
  }

  private void neverMoves() {
    var never = "select never_move from vm where name = 'dns-01' and gone_since is null";
    visitor.open("/vms/" + stage.fleet().vm("dns-01"));
    visitor.fill("Never move it", "note", "Bound to its clock");
    visitor.press("Never move it");
    visitor.sees("Must not move", "Bound to its clock");
    assertThat(stage.is(never)).isTrue();
    visitor.press("Allow moves again");
    visitor.sees("dns-01 may be moved again.");
    assertThat(stage.is(never)).isFalse();
  }

  private void pins() {
    visitor.open("/vms/" + stage.fleet().vm("ldap-01"));
    visitor.fill("Pin to hosts", "hosts", "sim-03, sim-04");
    visitor.fill("Pin to hosts", "name", stage.name() + "-pin");
    visitor.press("Pin to hosts");
    visitor.sees("The rule " + stage.name() + "-pin holds from the next round on.");
    assertThat(
            stage.id(
                """
                select count(*) from placement_rule r join placement_rule_host h on h.rule_id = r.id
                where r.name = :name || '-pin' and r.hard and r.kind = 'ON'
                """))
        .isEqualTo(2);
    stage.update("delete from placement_rule where name = :name || '-pin'");
  }
}
