package org.dcbalance.evacuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.PostgresForTests;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Hosts of the simulated pool are emptied, in a console of their own. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/evacuation-test",
      "dcbalance.inventory.period=500ms",
      "dcbalance.admin.password=a password for tests"
    })
@Import(PostgresForTests.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("EvacuationTest")
class EvacuationTest {
  private static final Operator ANN = new Operator("ann");

  @Autowired private Evacuations evacuations;
  @Autowired private Hosts hosts;
  @Autowired private HostRegistration registration;
  @Autowired private JdbcClient jdbc;

  @BeforeEach
  void awaitThePool() {
    await(60, () -> hosts.findByName("sim-04").filter(h -> h.state() == Host.State.UP).isPresent());
    await(60, () -> evacuations.standing(id("sim-03")).preview().leaving().size() >= 6);
  }

  /** What its definition preserves of it is lost once its host is switched off. */
  @Test
  @Order(0)
  void aGuestThatCrashedStays() {
    var host =
        new HostId(
            jdbc.sql(
                    """
                    with pool as (insert into pool (name) values ('crashed') returning id),
                      host as (insert into host (pool_id, name, uri, state)
                        select id, 'crashed-01', 'crashed:///', 'DOWN' from pool returning id)
                    insert into vm (host_id, uuid, name, state, vcpus, max_memory_bytes, memory_bytes)
                    select id, gen_random_uuid(), 'crashed-vm', 'CRASHED', 1, 1, 1 from host returning host_id
                    """)
                .query(Long.class)
                .single());
    assertThat(evacuations.stopped(host))
        .singleElement()
        .satisfies(s -> assertThat(s.why()).startsWith("It is crashed"));
    jdbc.sql("delete from vm where host_id = :host").param("host", host.value()).update();
    jdbc.sql("delete from host where id = :host").param("host", host.value()).update();
    jdbc.sql("delete from pool where name = 'crashed'").update();
  }

  @Test
  @Order(1)
  void aPreviewSaysWhatStaysAndWhyAndChangesNothing() {
    var preview =
        Await.until(
            "all of its guests are known, and what they write",
            Duration.ofSeconds(60),
            () -> evacuations.standing(id("sim-01")).preview(),
            p -> p.leaving().size() >= 4 && !p.staying().isEmpty() && p.unknown() > 0);
    assertThat(preview.staying())
        .filteredOn(s -> s.vm().equals("db-01"))
        .singleElement()
        .satisfies(s -> assertThat(s.why()).contains("passed-through device"));
    assertThat(preview.leaving()).hasSizeGreaterThanOrEqualTo(4);
    assertThat(preview.leaving()).noneMatch(l -> l.target().equals("sim-01"));
    assertThat(preview.expected())
        .isEqualTo(
            preview.leaving().stream()
                .filter(Preview.Leaving::ends)
                .map(Preview.Leaving::expected)
                .reduce(Duration.ZERO, Duration::plus));
    assertThat(preview.unknown()).as("analytics-01 writes faster than the link").isEqualTo(1);
    assertThat(hosts.findByName("sim-01").orElseThrow().maintenance()).isFalse();
    assertThat(evacuations.standing(id("sim-01")).progress()).isNull();
  }

  @Test
  @Order(2)
  void oneThatIsStoppedTakesBackWhatWaitsAndLetsTheRestEnd() {
    var host = id("sim-02");
    // long enough under way to be seen, also on a busy machine
    moveBy("{\"bandwidthMiB\": 300}");
    long begun = evacuations.start(host, ANN);
    assertThat(evacuations.start(host, new Operator("bob"))).as("the same one").isEqualTo(begun);
    assertThat(hosts.findByName("sim-02").orElseThrow().maintenance()).isTrue();
    // a busy machine may not look before the first has ended
    await(30, () -> moves(begun, "RUNNING") == 2 && moves(begun, "PENDING") > 0);

    evacuations.cancel(host, ANN);
    assertThat(moves(begun, "PENDING")).isZero();
    await(60, () -> moves(begun, "RUNNING") == 0);
    moveBy("{}");
    var progress = progress(host);
    assertThat(progress.state()).isEqualTo(Evacuations.State.CANCELLED);
    // the first may have ended, and another begun, before it was stopped
    assertThat(progress.moved()).isBetween(2, 4);
    assertThat(hosts.findByName("sim-02").orElseThrow().maintenance()).isTrue();
    assertThatThrownBy(() -> evacuations.cancel(host, ANN))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("is not being emptied");
  }

  @Test
  @Order(3)
  void oneEndsWhenItsHostLeavesMaintenance() {
    var host = id("sim-04");
    evacuations.start(host, ANN);
    registration.maintain(host, false, ANN);
    long begun = evacuations.start(host, ANN);
    assertThat(hosts.findByName("sim-04").orElseThrow().maintenance())
        .as("also where the one before is still open")
        .isTrue();
    registration.maintain(host, false, ANN);
    await(30, () -> progress(host).state() != Evacuations.State.OPEN);
    assertThat(moves(begun, "PENDING")).isZero();
    assertThat(hosts.findByName("sim-04").orElseThrow().maintenance()).isFalse();
  }

  @Test
  @Order(4)
  @Tag("campaign")
  void aHostEndsUpEmpty() {
    var host = id("sim-03");
    evacuations.start(host, ANN);
    await(240, () -> progress(host).state() == Evacuations.State.DONE);
    var progress = progress(host);
    assertThat(progress.moved()).isEqualTo(progress.guests());
    assertThat(progress.staying()).isEmpty();
    assertThat(
            jdbc.sql("select count(*) from vm where host_id = :id and gone_since is null")
                .param("id", host.value())
                .query(Long.class)
                .single())
        .isZero();
  }

  private Evacuations.Progress progress(HostId host) {
    return Objects.requireNonNull(evacuations.standing(host).progress());
  }

  private void moveBy(String options) {
    jdbc.sql("update pool set move_options = cast(:options as jsonb) where simulated")
        .param("options", options)
        .update();
  }

  private long moves(long evacuation, String state) {
    return jdbc.sql(
            """
            select count(*) from evacuation_move e join migration m on m.id = e.migration_id
            where e.evacuation_id = :id and m.state = :state
            """)
        .param("id", evacuation)
        .param("state", state)
        .query(Long.class)
        .single();
  }

  private HostId id(String name) {
    return hosts.findByName(name).orElseThrow().id();
  }

  private static void await(int seconds, BooleanSupplier condition) {
    Await.until(
        "what this test waits for", Duration.ofSeconds(seconds), condition::getAsBoolean, is -> is);
  }
}
