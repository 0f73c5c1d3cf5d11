package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.dcbalance.testing.Await;

/** Hosts, the pools that they are in, and what is done when one is to be emptied or is lost. */
final class FleetActs {
  private static final String MAINTENANCE =
      "select maintenance from host where name = :name || '-2'";
  private static final String MOVES = "update pool set move_options = '%s' where simulated";
  private static final String PLUG = "Its plug is out";
  private static final String FENCINGS =
      """
      select count(*) from host_fencing f join host h on h.id = f.host_id
      where h.name = :name || '-1' and f.ended_at is not null
      """;

  private final ActStage stage;
  private final Visitor visitor;

  FleetActs(ActStage stage) {
    this.stage = stage;
    this.visitor = stage.visitor();
  }

  Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    table.put(
        "/",
        new PageActs(
            () -> {
              visitor.open("/?shown=" + stage.empty());
              visitor.sees(stage.name() + "-empty has no hosts yet", "Add the first host");
            },
            () -> {
              visitor.open("/?shown=" + stage.recorded());
              visitor.sees("things are wrong", "Unreachable", stage.host(1) + " does not answer");
            },
            this::resumesAndPauses));
    table.put(
        "/hosts",
        new PageActs(
            () -> {
              visitor.open("/hosts?shown=" + stage.empty());
              visitor.sees("No hosts yet");
            },
            () -> {
              visitor.open("/hosts?shown=" + stage.recorded());
              assertThat(visitor.row(stage.host(1))).contains("Unreachable");
            },
            () -> {
              visitor.press("Add a host");
              visitor.at("/hosts/new");
            }));
    table.put("/hosts/new", new PageActs(this::noHost, this::forbiddenHost, this::testsAHost));
    table.put(
        "/hosts/{id}",
        new PageActs(
            () -> {
              visitor.open("/hosts/" + stage.hostId(3));
              visitor.sees("No virtual machine runs here.");
            },
            () -> {
              visitor.isRefused("/hosts/999999999", 404, "There is no host 999999999.");
              visitor.open("/hosts/" + stage.hostId(3));
              visitor.sees("Unreachable", "It is tried again by itself.");
            },
            this::maintenance));
    table.put(
        "/hosts/{id}/edit",
        new PageActs(
            this::noName,
            () ->
                visitor.isRefused(
                    "/hosts/" + stage.fleet().host("sim-01") + "/edit",
                    409,
                    "sim-01 is simulated: it has no connection to set."),
            this::renames));
    table.put(
        "/hosts/{id}/evacuation",
        new PageActs(
            () -> {
              visitor.open("/hosts/" + stage.hostId(3) + "/evacuation");
              visitor.sees("No virtual machine runs here.");
            },
            () ->
                visitor.isRefused(
                    "/hosts/999999999/evacuation", 404, "There is no host 999999999."),
            this::empties));
    table.put(
        "/hosts/{id}/recovery",
        new PageActs(
            () -> {
              visitor.open("/hosts/" + stage.fleet().host("sim-02") + "/recovery");
              visitor.sees("sim-02 answers, so nothing of it is restored elsewhere.");
            },
            () -> {
              says(stage.host(2), "is not the name of the host, " + stage.host(1), PLUG);
            },
            () -> {
              says(stage.host(1), "Its machines can be restored elsewhere now.");
              visitor.press("Take that back");
              visitor.sees("Nothing more of it is restored elsewhere.");
              assertThat(stage.id(FENCINGS)).isOne();
            }));
    table.put(
        "/pools",
        new PageActs(
            () -> {
              visitor.open("/pools");
              assertThat(visitor.row(stage.name() + "-empty")).contains("0 0 –");
            },
            () -> {
              visitor.fill("Add the pool", "name", "default");
              visitor.press("Add the pool");
              visitor.sees("There is a pool named default already.");
              assertThat(visitor.held("Add the pool", "name")).isEqualTo("default");
            },
            () -> {
              visitor.fill("Add the pool", "name", stage.name() + "-new");
              visitor.press("Add the pool");
              visitor.sees("The pool " + stage.name() + "-new was added.");
              assertThat(stage.id("select id from pool where name = :name || '-new'")).isPositive();
            }));
    table.put(
        "/pools/{id}",
        new PageActs(
            () -> {
              visitor.open("/pools/" + stage.empty());
              visitor.sees(
                  "No host is in this pool.",
                  "None: any VM may run on any host",
                  "None is marked",
                  "No guest uses a network");
            },
            () -> {
              visitor.fill("Mark as shared", "path", "srv/shared");
              visitor.press("Mark as shared");
              visitor.sees("is not an absolute path");
              assertThat(visitor.held("Mark as shared", "path")).isEqualTo("srv/shared");
              visitor.isRefused("/pools/999999999", 404, "There is no pool 999999999.");
            },
            this::pausesAPool));
    return table;
  }

  private void resumesAndPauses() {
    visitor.open("/?shown=" + stage.recorded());
    visitor.press("Resume balancing");
    visitor.sees("Balancing of " + stage.name() + " goes on.");
    assertThat(stage.is("select paused from pool where id = :recorded")).isFalse();
    visitor.open("/?shown=" + stage.recorded());
    visitor.press("Pause this pool");
    visitor.sees("Balancing of " + stage.name() + " is paused: nothing starts until");
    assertThat(stage.is("select paused from pool where id = :recorded")).isTrue();
  }

  private void noHost() {
    visitor.open("/hosts/new");
    visitor.press("Add the host");
    visitor.isHeldBack("/hosts/new");
  }

  private void forbiddenHost() {
    var uri = "qemu+ext://kvm-09/system?command=/bin/true";
    visitor.fill("Add the host", "name", stage.name() + "-9");
    visitor.fill("Add the host", "uri", uri);
    visitor.press("Add the host");
    visitor.finds("[name=uri][aria-invalid=true]");
    assertThat(visitor.held("Add the host", "name")).isEqualTo(stage.name() + "-9");
    assertThat(visitor.held("Add the host", "uri")).isEqualTo(uri);
  }

  private void testsAHost() {
    var uri = "qemu+tcp://127.0.0.1:9/system";
    visitor.fill("Add the host", "uri", uri);
    visitor.press("Test the connection");
    visitor.sees("Not reached");
    assertThat(visitor.held("Add the host", "uri")).isEqualTo(uri);
    assertThat(stage.id("select count(*) from host where name = :name || '-9'")).isZero();
  }

  /** Put a host into maintenance without moving what is on it, and take it out again. */
  private void maintenance() {
    visitor.open("/hosts/" + stage.hostId(2));
    visitor.press("Maintenance…");
    visitor.press("Enter maintenance, move nothing");
    visitor.confirm();
    visitor.sees("is in maintenance: nothing moves to it.");
    assertThat(stage.is(MAINTENANCE)).isTrue();
    visitor.open("/hosts/" + stage.hostId(2));
    visitor.press("Leave maintenance");
    visitor.sees(stage.host(2) + " takes guests again.");
    assertThat(stage.is(MAINTENANCE)).isFalse();
  }

  private void noName() {
    stage.update(
        "update host set uri = 'qemu+tls://' || name || '/system' where name = :name || '-3'");
    var path = "/hosts/" + stage.hostId(3) + "/edit";
    visitor.open(path);
    visitor.fill("Save", "name", "");
    visitor.press("Save");
    visitor.isHeldBack(path);
  }

  private void renames() {
    long host = stage.hostId(3);
    visitor.open("/hosts/" + host + "/edit");
    visitor.fill("Save", "name", stage.name() + "-third");
    visitor.press("Save");
    visitor.sees(stage.name() + "-third was changed.");
    assertThat(stage.id("select id from host where name = :name || '-third'")).isEqualTo(host);
    stage.update("update host set name = :name || '-3' where name = :name || '-third'");
  }

  private void empties() {
    long host = stage.fleet().host("sim-03");
    var newest = "select %s from evacuation where host_id = " + host + " order by id desc limit 1";
    // long enough under way to be stopped, also on a busy machine
    stage.update(MOVES.formatted("{\"bandwidthMiB\": 300}"));
    visitor.open("/hosts/" + host + "/evacuation");
    visitor.pressAt("form[action$='/evacuation'] button");
    visitor.confirm();
    visitor.sees("Being emptied");
    assertThat(stage.word(newest.formatted("state"))).isEqualTo("OPEN");
    assertThat(stage.is("select maintenance from host where id = " + host)).isTrue();
    visitor.press("Stop");
    visitor.confirm();
    visitor.sees("No more of its VMs are moved.");
    assertThat(stage.word(newest.formatted("state"))).isEqualTo("CANCELLED");
    assertThat(stage.word(newest.formatted("ended_by"))).isEqualTo("admin");
    stage.update(MOVES.formatted("{}"));
    visitor.open("/hosts/" + host);
    visitor.press("Leave maintenance");
    visitor.sees("sim-03 takes guests again.");
  }

  /** Say that the first host is off; whether it is silent is found out anew at any time. */
  private void says(String typed, String... answers) {
    var path = "/hosts/" + stage.hostId(1) + "/recovery";
    var form = "form[action$='/fencing']";
    var button = stage.host(1) + " is off";
    Await.until(
        String.join(", ", answers),
        Duration.ofSeconds(30),
        () -> {
          stage.update(
              """
              with down as (
                update host set state = 'DOWN', state_since = now() - interval '1 hour'
                where name = :name || '-1' returning id)
              insert into host_silence (host_id, since, probe)
              select id, now() - interval '5 minutes', '' from down
              on conflict (host_id) do update set since = excluded.since
              """);
          visitor.open(path);
          if (!visitor.has(form)) {
            return null;
          }
          visitor.fill(button, "why", PLUG);
          visitor.fill(button, "name", typed);
          visitor.press(button);
          return visitor.notice() + (visitor.has(form) ? visitor.held(button, "why") : "");
        },
        answer -> Stream.of(answers).allMatch(answer::contains));
  }

  private void pausesAPool() {
    visitor.open("/pools/" + stage.empty());
    visitor.press("Pause this pool");
    visitor.sees("is paused: nothing starts there.");
    assertThat(stage.is("select paused from pool where id = :empty")).isTrue();
    visitor.press("Resume this pool");
    visitor.sees(stage.name() + "-empty goes on.");
    assertThat(stage.is("select paused from pool where id = :empty")).isFalse();
  }
}
