package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisors;
import org.dcbalance.hypervisor.simulated.SimulatedPlan;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.QuietHours;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.live.Signals;
import org.dcbalance.recommendation.MoveSettled;
import org.dcbalance.recommendation.RecommendationApproved;
import org.dcbalance.testing.PostgresForTests;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.RestController;

/** Moves a guest of the simulated pool, from approval to what both hosts say. */
@SpringBootTest(
    classes = SimulatedMoveTest.Parts.class,
    webEnvironment = SpringBootTest.WebEnvironment.NONE,
    properties = {
      "dcbalance.data-dir=target/simulated-move",
      "dcbalance.inventory.period=500ms",
      "dcbalance.leadership.renewal=500ms"
    })
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("SimulatedMoveTest")
class SimulatedMoveTest {

  @SpringBootConfiguration
  @EnableAutoConfiguration
  @EnableScheduling
  @Import({PostgresForTests.class, Signals.class, Hypervisors.class})
  @EntityScan({"org.dcbalance.inventory", "org.dcbalance.migration"})
  @EnableJpaRepositories({"org.dcbalance.inventory", "org.dcbalance.migration"})
  @ConfigurationPropertiesScan({
    "org.dcbalance.database",
    "org.dcbalance.inventory",
    "org.dcbalance.leadership",
    "org.dcbalance.migration",
    "org.dcbalance.hypervisor.simulated"
  })
  @ComponentScan(
      basePackages = {
        "org.dcbalance.audit",
        "org.dcbalance.installation",
        "org.dcbalance.inventory",
        "org.dcbalance.leadership",
        "org.dcbalance.migration",
        "org.dcbalance.hypervisor.simulated"
      },
      excludeFilters =
          @ComponentScan.Filter(
              type = FilterType.ANNOTATION,
              classes = {SpringBootConfiguration.class, RestController.class}))
  static class Parts {
    volatile @Nullable MoveSettled settled;

    @Bean
    Clock clock() {
      return Clock.systemUTC();
    }

    @EventListener
    void on(MoveSettled event) {
      settled = event;
    }
  }

  @Autowired Parts parts;
  @Autowired Pools pools;
  @Autowired Hosts hosts;
  @Autowired Vms vms;
  @Autowired Connections connections;
  @Autowired Migrations migrations;
  @Autowired MigrationLog log;
  @Autowired ProgressLog progress;
  @Autowired JdbcClient jdbc;
  @Autowired TransactionTemplate transaction;
  @Autowired ApplicationEventPublisher events;

  @Test
  void movesAGuestAndBothHostsAgree() throws InterruptedException {
    // the inventory puts the simulated pool into an empty database when it starts
    await(() -> hosts.findByName("sim-04").isPresent());
    var pool = pools.findByName(SimulatedPlan.POOL_NAME).orElseThrow();
    var source = hosts.findByName("sim-02").orElseThrow();
    var target = hosts.findByName("sim-04").orElseThrow();
    await(
        () -> find("dns-01") && hosts.findByName("sim-04").orElseThrow().state() == Host.State.UP);
    var vm = named("dns-01");

    long id = approve(pool, vm, source, target, new Operator("ann"));
    await(() -> migrations.findById(id).orElseThrow().state().ended());

    var points = progress.of(id);
    var moved = migrations.findById(id).orElseThrow();
    assertThat(moved.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(moved.figures().totalMillis()).isGreaterThan(1000);
    assertThat(moved.figures().downtimeMillis()).isBetween(1L, 500L);
    assertThat(points).isNotEmpty();
    assertThat(connections.to(source).status(vm.uuid())).isEmpty();
    assertThat(connections.to(target).status(vm.uuid()).orElseThrow().state())
        .isEqualTo(GuestState.RUNNING);
    assertThat(connections.to(target).status(vm.uuid()).orElseThrow().mark()).isNull();
    var placed = named("dns-01");
    assertThat(placed.hostId()).isEqualTo(target.id());
    assertThat(placed.movingTo()).isNull();
    assertThat(Objects.requireNonNull(parts.settled).succeeded()).isTrue();
  }

  @Test
  void whatNobodyAskedForByHandWaitsForTheEndOfTheQuietHours() throws InterruptedException {
    await(() -> hosts.findByName("sim-04").isPresent() && running("sim-01").size() > 1);
    var name = SimulatedPlan.POOL_NAME;
    var now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
    var pool = pools.findByName(name).orElseThrow();
    pool.keepQuiet(new QuietHours(now.minusHours(1), now.plusHours(1), ZoneOffset.UTC));
    pool = pools.save(pool);
    var source = hosts.findByName("sim-01").orElseThrow();
    var target = hosts.findByName("sim-04").orElseThrow();
    var guests = running("sim-01");

    long waiting = approve(pool, guests.get(1), source, target, Operator.DCBALANCE);
    long byHand = approve(pool, guests.get(0), source, target, new Operator("ann"));
    await(() -> migrations.findById(byHand).orElseThrow().state().ended());

    var kept = migrations.findById(waiting).orElseThrow();
    assertThat(kept.state()).isEqualTo(MigrationState.PENDING);
    assertThat(kept.sentence())
        .isEqualTo(
            "Waits for the end of the pool's quiet hours, %s: nobody asked for it by hand."
                .formatted(pool.quietHours()));

    var awake = pools.findByName(name).orElseThrow();
    awake.keepQuiet(null);
    pools.save(awake);
    await(() -> migrations.findById(waiting).orElseThrow().state() != MigrationState.PENDING);
  }

  private long approve(HostPool pool, Vm vm, Host source, Host target, Operator by) {
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              long recommendation = recommendation(vm, source, target);
              events.publishEvent(
                  new RecommendationApproved(
                      recommendation,
                      pool.id(),
                      vm.id(),
                      source.id(),
                      target.id(),
                      "it is busy",
                      by,
                      5000L,
                      100L,
                      1L << 30,
                      0.3,
                      0.2));
              return jdbc.sql("select id from migration where recommendation_id = :id")
                  .param("id", recommendation)
                  .query(Long.class)
                  .single();
            }));
  }

  private long recommendation(Vm vm, Host source, Host target) {
    return jdbc.sql(
            """
            insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
            values (:pool, :vm, :source, :target, 'HIGH', 'APPROVED', 'busy', 'free', '[]', '{}',
              0.1, 0.3, 0.2, now(), now() + interval '15 minutes') returning id
            """)
        .param("pool", source.poolId().value())
        .param("vm", vm.id().value())
        .param("source", source.id().value())
        .param("target", target.id().value())
        .query(Long.class)
        .single();
  }

  /** The guests that run on a host, the smallest first. */
  private List<Vm> running(String host) {
    var id = hosts.findByName(host).orElseThrow().id();
    return vms.findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List.of(id.value())).stream()
        .filter(Vm::running)
        .sorted(Comparator.comparing(Vm::memory))
        .toList();
  }

  private boolean find(String name) {
    return vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
        .anyMatch(v -> v.name().equals(name));
  }

  private Vm named(String name) {
    return vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
        .filter(v -> v.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long until = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.sleep(50);
    }
  }
}
