package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** What the inventory says of a VM that two hosts call running, for as long as they do. */
@ConsoleTest
class SecondCopiesTest {
  private static final UUID GUEST = UUID.randomUUID();

  @Autowired private ObservedFleet observed;
  @Autowired private Vms vms;
  @Autowired private JdbcClient jdbc;
  @Autowired private JsonMapper json;
  @Autowired private Placements placements;
  @Autowired private FleetEvents fleetEvents;
  @Autowired private HostRegistration registration;
  @Autowired private ApplicationEventPublisher publisher;
  private long pool;
  private HostId first = new HostId(0);
  private HostId second = new HostId(0);

  @BeforeEach
  void twoHosts() {
    pool =
        jdbc.sql("insert into pool (name, paused) values ('second-copies', true) returning id")
            .query(Long.class)
            .single();
    first = host("twice-01");
    second = host("twice-02");
  }

  @AfterEach
  void none() {
    jdbc.sql("delete from vm where uuid = :uuid").param("uuid", GUEST).update();
    jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void aSecondCopyIsShownWhileItRunsAndReportedEachTimeThatItAppears() {
    shows(first, GuestState.RUNNING);
    shows(second, GuestState.RUNNING);
    assertThat(vm().hostId()).isEqualTo(first);
    assertThat(vm().secondHost()).isEqualTo(second);
    shows(second, GuestState.RUNNING);
    assertThat(events()).containsExactly("vm-found", "vm-split");

    shows(second, GuestState.SHUT_OFF);
    assertThat(vm().secondHost()).isNull();
    assertThat(events()).containsExactly("vm-found", "vm-split", "vm-split-over");

    shows(second, GuestState.RUNNING);
    assertThat(vm().secondHost()).isEqualTo(second);
    observed.reconcile(second, List.of(), Instant.now());
    assertThat(vm().secondHost()).isNull();
    assertThat(events())
        .containsExactly("vm-found", "vm-split", "vm-split-over", "vm-split", "vm-split-over");
  }

  @Test
  void theCopyThatRemainsIsTheVm() {
    shows(first, GuestState.RUNNING);
    shows(second, GuestState.RUNNING);
    observed.reconcile(first, List.of(), Instant.now());
    shows(second, GuestState.RUNNING);
    shows(second, GuestState.RUNNING);
    assertThat(vm().hostId()).isEqualTo(second);
    assertThat(vm().secondHost()).isNull();
    assertThat(events())
        .containsExactly("vm-found", "vm-split", "vm-moved-outside", "vm-split-over");
  }

  /** What a host says no more may still be so: a new console has heard nothing of it yet. */
  @Test
  void theFirstCopyIsNotForgottenWhileItsHostIsSilent() {
    shows(first, GuestState.RUNNING);
    shows(second, GuestState.RUNNING);
    var fresh = new ObservedFleet(jdbc, json, placements, fleetEvents, publisher);
    for (int i = 0; i < 3; i++) {
      fresh.reconcile(second, List.of(guest(GuestState.RUNNING)), Instant.now());
    }
    assertThat(vm().hostId()).isEqualTo(first);
    assertThat(vm().secondHost()).isEqualTo(second);
    assertThat(events()).containsExactly("vm-found", "vm-split");
  }

  @Test
  void aSecondHostThatIsTakenOutOfTheInventoryHoldsNothing() {
    shows(first, GuestState.RUNNING);
    shows(second, GuestState.RUNNING);
    registration.remove(second, new Operator("ann"));
    assertThat(vm().secondHost()).isNull();
  }

  private void shows(HostId host, GuestState state) {
    observed.reconcile(host, List.of(guest(state)), Instant.now());
  }

  private static Guest guest(GuestState state) {
    return new Guest(
        GUEST,
        "twice",
        1,
        "hvm",
        state,
        1,
        Duration.ZERO,
        Memory.ofMiB(512),
        Memory.ofMiB(512),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        new GuestCpu("", "", "", "", "", null));
  }

  private Vm vm() {
    long id =
        jdbc.sql("select id from vm where uuid = :uuid")
            .param("uuid", GUEST)
            .query(Long.class)
            .single();
    return vms.findById(id).orElseThrow();
  }

  private List<String> events() {
    return jdbc.sql(
            "select kind from fleet_event where pool_id = :pool and vm_id is not null order by id")
        .param("pool", pool)
        .query(String.class)
        .list();
  }

  private HostId host(String name) {
    return new HostId(
        jdbc.sql(
                """
                insert into host (pool_id, name, uri) values (:pool, :name, 'simulated:///' || :name)
                returning id
                """)
            .param("pool", pool)
            .param("name", name)
            .query(Long.class)
            .single());
  }
}
