package org.dcbalance.migration;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisors;
import org.dcbalance.installation.Installation;
import org.dcbalance.installation.WorkUnderLease;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.RuleBreaks;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.VmWork;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipForTests;
import org.dcbalance.live.Signals;
import org.dcbalance.recommendation.RecommendationApproved;
import org.dcbalance.testing.PostgresForTests;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.TestComponent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A database, a faulty fleet, and any number of consoles that drive migrations on it. */
// not to be found by the console that other tests start
@TestComponent
@SpringBootConfiguration
@EnableAutoConfiguration
@Import({
  PostgresForTests.class,
  Hypervisors.class,
  Connections.class,
  FleetEvents.class,
  VmClaims.class,
  AuditLog.class,
  Placements.class,
  PlacementRules.class,
  RuleBreaks.class,
  Leadership.class,
  Installation.class,
  WorkUnderLease.class,
  Signals.class,
  FaultyFleet.class
})
@EntityScan({"org.dcbalance.inventory", "org.dcbalance.migration"})
@EnableJpaRepositories({"org.dcbalance.inventory", "org.dcbalance.migration"})
@ConfigurationPropertiesScan({
  "org.dcbalance.database",
  "org.dcbalance.leadership",
  "org.dcbalance.migration"
})
@ComponentScan(
    basePackages = "org.dcbalance.migration",
    excludeFilters =
        @ComponentScan.Filter(
            type = FilterType.ANNOTATION,
            classes = SpringBootConfiguration.class))
class MigrationLab {
  /** Longer than a busy machine stands still: whoever loses it goes on as another console does. */
  static final Duration LEASE = Duration.ofSeconds(4);

  @Autowired Pools pools;
  @Autowired Hosts hosts;
  @Autowired Vms vms;
  @Autowired Migrations migrations;
  @Autowired MigrationLog lines;
  @Autowired ProgressLog progress;
  @Autowired Placements placements;
  @Autowired FleetEvents fleetEvents;
  @Autowired Connections connections;
  @Autowired FaultyFleet fleet;
  @Autowired LeftOvers leftOvers;
  @Autowired MovesByHand moves;
  @Autowired RuleBreaks rules;
  @Autowired Aborts aborts;
  @Autowired ClosingByHand closing;
  @Autowired MigrationRows rows;
  @Autowired Installation installation;
  @Autowired VmClaims claims;
  @Autowired MigrationWork work;
  @Autowired MigrationQueue queue;
  @Autowired HalfCopies halfCopies;
  @Autowired LeftDefinitions leftDefinitions;

  /** What is done before a risky move; nothing unless a test says so. */
  volatile @Nullable BeforeMove before;

  /** What else goes on with every VM; nothing unless a test says so. */
  volatile @Nullable String otherWork;

  @Autowired JdbcClient jdbc;
  @Autowired JdbcConnectionDetails details;
  @Autowired PlatformTransactionManager transactions;
  @Autowired ApplicationEventPublisher events;

  final List<MigrationFinished> finished = new CopyOnWriteArrayList<>();
  final List<RetryGivenUp> givenUp = new CopyOnWriteArrayList<>();
  final List<Console> consoles = new CopyOnWriteArrayList<>();

  @Bean
  static Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  VmWork otherWork() {
    return vm -> Optional.ofNullable(otherWork);
  }

  @EventListener
  void on(MigrationFinished event) {
    finished.add(event);
  }

  @EventListener
  void on(RetryGivenUp event) {
    givenUp.add(event);
  }

  /** Begin with an empty database, three hosts that answer, and no console. */
  void reset() {
    consoles.forEach(Console::kill);
    consoles.clear();
    fleet.reset();
    before = null;
    otherWork = null;
    // the lease first, as whoever is still at a step of an earlier test has locked it: no deadlock
    jdbc.sql("truncate lease, migration, recommendation, placement, fleet_event, vm, host cascade")
        .update();
    // nothing is told of an earlier test any more from here on
    finished.clear();
    givenUp.clear();
    jdbc.sql("delete from pool where name = 'lab'").update();
    jdbc.sql("update installation set doubt = null, doubted_at = null").update();
    var pool = pools.save(new HostPool("lab", false, List.of("/srv/shared")));
    for (var name : List.of("kvm-01", "kvm-02", "kvm-03")) {
      var host = hosts.save(new Host(pool.id(), name, "faulty://" + name, null, Instant.now()));
      jdbc.sql(
              "update host set state = 'UP', last_seen = now(), hypervisor = 'QEMU' where id = :id")
          .param("id", host.id().value())
          .update();
      fleet.host(name);
    }
  }

  Host host(String name) {
    return hosts.findByName(name).orElseThrow();
  }

  Vm vm(String name) {
    return vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
        .filter(v -> v.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Run a guest on a host and have the inventory know it. */
  Vm guest(String name, String on, String disks) {
    var uuid = UUID.randomUUID();
    fleet.change(uuid, () -> fleet.host(on).set(uuid, GuestState.RUNNING, Why.NONE, Job.NONE));
    jdbc.sql(
            """
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, disks, cpu)
            values (:uuid, :host, :name, 'RUNNING', 1, :memory, :memory, cast(:disks as jsonb),
              '{"xml":"","emulator":"","arch":"x86_64","machine":"","virtType":"kvm"}')
            """)
        .param("uuid", uuid)
        .param("host", host(on).id().value())
        .param("name", name)
        .param("memory", 512L << 20)
        .param("disks", disks)
        .update();
    return vm(name);
  }

  Vm guest(String name, String on) {
    return guest(name, on, "[]");
  }

  /** Store an approved recommendation. */
  long recommendation(Vm vm, Host target) {
    return jdbc.sql(
            """
            insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
            values (:pool, :vm, :source, :target, 'HIGH', 'APPROVED', 'busy', 'free', '[]', '{}',
              0.1, 0.3, 0.2, now(), now() + interval '15 minutes') returning id
            """)
        .param("pool", target.poolId().value())
        .param("vm", vm.id().value())
        .param("source", vm.hostId().value())
        .param("target", target.id().value())
        .query(Long.class)
        .single();
  }

  /** Approve it, as the recommendation module does: by an event in a transaction. */
  void approve(long recommendation, Vm vm, Host target) {
    new TransactionTemplate(transactions)
        .executeWithoutResult(
            status ->
                events.publishEvent(
                    new RecommendationApproved(
                        recommendation,
                        target.poolId(),
                        vm.id(),
                        vm.hostId(),
                        target.id(),
                        "busy",
                        new Operator("ann"),
                        null,
                        null,
                        null,
                        null,
                        null)));
  }

  /** Ask for a move and give its migration's id. */
  long move(Vm vm, String target) {
    var to = host(target);
    var recommendation = recommendation(vm, to);
    approve(recommendation, vm, to);
    return jdbc.sql("select id from migration where recommendation_id = :id")
        .param("id", recommendation)
        .query(Long.class)
        .single();
  }

  Migration row(long id) {
    return migrations.findById(id).orElseThrow();
  }

  Console console() {
    return console(Duration.ofMinutes(15), Duration.ofSeconds(2));
  }

  Console console(Duration longest, Duration lostAfter) {
    var console = new Console(longest, lostAfter);
    consoles.add(console);
    return console;
  }

  /** End all connections to the database and let none in for a while. */
  void databaseAway(Duration length) throws SQLException {
    var ours = details.getJdbcUrl();
    var other = ours.replaceFirst("/postgres\\?", "/template1?");
    var name = ours.equals(other) ? "test" : "postgres";
    other = ours.equals(other) ? ours.replaceFirst("/test\\b", "/template1") : other;
    try (var connection =
            DriverManager.getConnection(other, details.getUsername(), details.getPassword());
        var statement = connection.createStatement()) {
      statement.execute("alter database " + name + " allow_connections false");
      statement.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
      FaultyFleet.sleep(length.toMillis());
      statement.execute("alter database " + name + " allow_connections true");
    }
    await("connections again", this::databaseAnswers);
  }

  private boolean databaseAnswers() {
    try {
      return jdbc.sql("select true").query(Boolean.class).single();
    } catch (DataAccessException e) {
      return false;
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("This did not come about: " + what);
      }
      FaultyFleet.sleep(10);
    }
  }

  /** One console: a lease of its own, and a runner. */
  final class Console {
    final LeadershipForTests lease = new LeadershipForTests(jdbc, LEASE);
    final MigrationRunner runner;
    final Retries retries;
    private final Thread ticks;
    private volatile boolean ticking = true;

    Console(Duration longest, Duration lostAfter) {
      var settings =
          new MigrationSettings(
              4,
              2,
              2,
              1,
              1,
              2,
              // no inventory runs here, so what is known of hosts is as old as the test
              Duration.ofMinutes(10),
              Duration.ofMillis(100),
              longest,
              5,
              Duration.ofMillis(20),
              Duration.ofMillis(50),
              Duration.ofMillis(50),
              Duration.ofMillis(500),
              lostAfter,
              Duration.ofMillis(100),
              Duration.ofMillis(100),
              Duration.ofMillis(100),
              Duration.ofSeconds(10),
              Duration.ofMillis(600),
              Duration.ofSeconds(10));
      var desk =
          new MigrationDesk(
              migrations,
              lines,
              progress,
              placements,
              fleetEvents,
              lease.leadership(),
              installation,
              events,
              transactions,
              clock());
      var checks =
          new PreFlightChecks(
              vms, hosts, pools, connections, jdbc, settings, clock(), claims, work, rules);
      var wanted = new StillWanted(jdbc, checks, vms, pools);
      var tools =
          new MigrationDrive.Tools(
              desk,
              settings,
              checks,
              wanted,
              connections,
              vms,
              hosts,
              pools,
              new Arrivals(connections, jdbc),
              new MoveFacts(connections, new MoveHistory(jdbc)),
              leftOvers,
              halfCopies,
              leftDefinitions,
              before);
      runner =
          new MigrationRunner(
              migrations, hosts, lease.leadership(), installation, settings, tools, jdbc);
      retries =
          new Retries(
              migrations,
              lines,
              queue,
              wanted,
              claims,
              work,
              lease.leadership(),
              new WorkUnderLease(installation, lease.leadership()),
              events,
              transactions,
              jdbc,
              clock());
      ticks = Thread.ofPlatform().daemon().name("console").start(this::tick);
    }

    private void tick() {
      while (ticking) {
        lease.renew();
        runner.look();
        retries.look();
        FaultyFleet.sleep(50);
      }
    }

    /** Stop renewing the lease and looking at the table; what is under way goes on, unaware. */
    void freeze() {
      ticking = false;
      try {
        // else its last look may come after what the test does next
        ticks.join(60_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Die without a word: nothing is written and the lease is not given back. */
    void kill() {
      freeze();
      runner.destroy();
    }
  }
}
