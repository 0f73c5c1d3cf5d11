package org.dcbalance.hypervisor.simulated;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class SimulatedMigrationTest {
  private static final Duration MAX = Duration.ofMillis(300);

  @Test
  void sendsAllOfAnIdleGuestsMemoryOnce() {
    var idle = TestWorld.writer("idle", 0, 100);
    var world = TestWorld.of(idle);

    var figures = world.migrate(idle, "sim-02");

    assertThat(figures.succeeded()).isTrue();
    assertThat(figures.transferred()).isEqualTo(Memory.ofGiB(1));
    // 1024 MiB at 300 MiB/s, the set-up and the device state
    assertThat(figures.total()).isBetween(Duration.ofMillis(3500), Duration.ofMillis(3600));
    assertThat(figures.downtime()).isEqualTo(Duration.ofMillis(30));
    assertThat(world.runningOn(idle.uuid())).containsExactly("sim-02");
    assertThat(world.host("sim-02").incomingFigures(idle.uuid())).contains(figures);
  }

  @Test
  void takesLongerAndPausesLongerTheFasterTheGuestWrites() {
    var last = Duration.ZERO;
    var lastTotal = Duration.ZERO;
    // 60 MiB fit the pause: each guest switches over after one pass, with what that pass dirtied
    for (double rate : List.of(0.0, 5.0, 10.0, 20.0, 40.0)) {
      var guest = TestWorld.writer("guest", rate, 60);
      var figures = TestWorld.of(guest).migrate(guest, "sim-02");
      assertThat(figures.downtime()).as("%s MiB/s", rate).isGreaterThan(last);
      assertThat(figures.total()).isGreaterThanOrEqualTo(lastTotal);
      last = requireNonNull(figures.downtime());
      lastTotal = requireNonNull(figures.total());
    }
  }

  @Test
  void makesFurtherPassesUntilTheRestFitsThePause() {
    var guest = TestWorld.writer("busy", 150, 1000);
    var figures = TestWorld.of(guest).migrate(guest, "sim-02");

    assertThat(figures.iterations()).isGreaterThan(2);
    assertThat(figures.downtime()).isLessThanOrEqualTo(MAX.plusMillis(30));
    assertThat(requireNonNull(figures.transferred()).bytes())
        .isGreaterThan(Memory.ofGiB(1).bytes());
  }

  @Test
  void neverEndsByItselfWhenWritesOutrunTheLink() {
    var guest = TestWorld.writer("heavy", 500, 800);
    var world = TestWorld.of(guest);
    var source = world.host("sim-01");
    var migration = world.begin(guest.uuid(), "sim-01", "sim-02", MAX);

    world.time.pass(Duration.ofMinutes(10));
    var progress = source.progress(guest.uuid()).orElseThrow();
    assertThat(progress.iteration()).isGreaterThan(100);
    assertThat(progress.dirtyRate()).isGreaterThan(ByteRate.ofMiB(200));

    source.abort(guest.uuid());
    assertThatThrownBy(() -> world.world.await(migration))
        .isInstanceOfSatisfying(
            HypervisorException.class,
            e -> assertThat(e.kind()).isEqualTo(HypervisorException.Kind.ABORTED));
    assertThat(world.runningOn(guest.uuid())).containsExactly("sim-01");
    assertThat(source.progress(guest.uuid())).isEmpty();
    assertThat(source.figures(guest.uuid()).orElseThrow().succeeded()).isFalse();
  }

  @Test
  void endsOnceALongerPauseIsAllowed() {
    var guest = TestWorld.writer("heavy", 500, 500);
    var world = TestWorld.of(guest);
    var source = world.host("sim-01");
    var migration = world.begin(guest.uuid(), "sim-01", "sim-02", MAX);
    world.time.pass(Duration.ofMinutes(1));
    assertThat(source.progress(guest.uuid())).isPresent();

    source.setMaxDowntime(guest.uuid(), Duration.ofSeconds(2));
    world.world.await(migration);

    assertThat(requireNonNull(source.figures(guest.uuid()).orElseThrow().downtime()))
        .isBetween(MAX, Duration.ofMillis(2030));
  }

  @Test
  void endsOnceTheGuestIsPaused() {
    var guest = TestWorld.writer("heavy", 500, 800);
    var world = TestWorld.of(guest);
    var source = world.host("sim-01");
    var migration = world.begin(guest.uuid(), "sim-01", "sim-02", MAX);
    world.time.pass(Duration.ofSeconds(30));

    source.pause(guest.uuid());
    world.world.await(migration);

    assertThat(world.host("sim-02").status(guest.uuid()).orElseThrow().state())
        .isEqualTo(GuestState.PAUSED);
    assertThat(source.status(guest.uuid())).isEmpty();
  }

  @Test
  void leavesTheGuestOnItsSourceWhenTheTargetDies() {
    var guest = TestWorld.writer("guest", 20, 100);
    var world = TestWorld.of(guest);
    var migration = world.begin(guest.uuid(), "sim-01", "sim-02", MAX);
    world.time.pass(Duration.ofSeconds(1));
    assertThat(world.host("sim-02").status(guest.uuid()).orElseThrow().job())
        .isEqualTo(GuestStatus.Job.INCOMING_MIGRATION);

    world.world.kill("sim-02");

    assertThatThrownBy(() -> world.world.await(migration)).hasMessageContaining("sim-02");
    assertThat(world.runningOn(guest.uuid())).containsExactly("sim-01");
    assertThatThrownBy(() -> world.host("sim-02").facts())
        .isInstanceOfSatisfying(
            HypervisorException.class,
            e -> assertThat(e.kind()).isEqualTo(HypervisorException.Kind.UNREACHABLE));

    world.world.revive("sim-02");
    world.migrate(guest, "sim-02");
    assertThat(world.runningOn(guest.uuid())).containsExactly("sim-02");
  }

  @Test
  void neverRunsAGuestOnTwoHosts() {
    var world = TestWorld.standard();
    var plans = Fleet.standard(42);
    var web = plans.getFirst();
    world.begin(web.uuid(), "sim-01", "sim-04", MAX);

    int paused = 0;
    for (int look = 0; look < 1000; look++) {
      world.time.pass(Duration.ofMillis(20));
      var running = world.runningOn(web.uuid());
      assertThat(running.size()).isLessThanOrEqualTo(1);
      paused += 1 - running.size();
    }
    assertThat(world.runningOn(web.uuid())).containsExactly("sim-04");
    assertThat(paused).as("looks during the pause").isBetween(1, 20);
    for (var plan : plans) {
      assertThat(world.runningOn(plan.uuid())).hasSize(1);
    }
  }

  @Test
  void sharesTheLinkBetweenMigrations() {
    var one = TestWorld.writer("one", 0, 1);
    var two = TestWorld.writer("two", 0, 1);
    var world = TestWorld.of(one, two);
    var first = world.begin(one.uuid(), "sim-01", "sim-02", MAX);
    var second = world.begin(two.uuid(), "sim-01", "sim-03", MAX);

    world.world.await(first);
    world.world.await(second);

    assertThat(second.figures().total()).isGreaterThan(Duration.ofMillis(6800));
  }

  @Test
  void keepsToTheBandwidthOfTheOrder() {
    var guest = TestWorld.writer("guest", 0, 1);
    var world = TestWorld.of(guest);
    var order = TestWorld.order(guest, "sim-02");
    world
        .host("sim-01")
        .migrate(
            new MigrationOrder(
                order.guest(),
                order.peerUri(),
                null,
                Tuning.of(MAX, ByteRate.ofMiB(100)),
                true,
                false));
    assertThat(world.host("sim-01").figures(guest.uuid()).orElseThrow().total())
        .isGreaterThan(Duration.ofSeconds(10));
  }

  @Test
  void stalledLinkHoldsItUp() {
    var guest = TestWorld.writer("guest", 0, 1);
    var world = TestWorld.of(guest);
    world.world.link("sim-02", 0);
    var migration = world.begin(guest.uuid(), "sim-01", "sim-02", MAX);
    world.time.pass(Duration.ofMinutes(1));
    assertThat(world.host("sim-01").progress(guest.uuid()).orElseThrow().processed())
        .isEqualTo(Memory.ZERO);
    world.world.link("sim-02", 300);
    world.world.await(migration);
    assertThat(world.runningOn(guest.uuid())).containsExactly("sim-02");
  }

  @Test
  void doesNotDependOnHowOftenAnyoneLooks() {
    assertThat(figuresWhenLookingEvery(Duration.ofMillis(7)))
        .isEqualTo(figuresWhenLookingEvery(Duration.ofMillis(1900)));
  }

  private static MigrationFigures figuresWhenLookingEvery(Duration pause) {
    var guest = TestWorld.writer("guest", 200, 700);
    var world = TestWorld.of(guest);
    world.begin(guest.uuid(), "sim-01", "sim-02", MAX);
    var source = world.host("sim-01");
    while (source.progress(guest.uuid()).isPresent()) {
      world.time.pass(pause);
    }
    return source.figures(guest.uuid()).orElseThrow();
  }

  @Test
  void tellsBothHostsListeners() {
    var guest = TestWorld.writer("guest", 150, 1000);
    var world = TestWorld.of(guest);
    var atSource = new ArrayList<HypervisorEvent>();
    var atTarget = new ArrayList<HypervisorEvent>();
    var source = world.host("sim-01");
    var target = world.host("sim-02");
    source.listen(atSource::add);
    target.listen(atTarget::add);

    source.migrate(TestWorld.order(guest, "sim-02"));
    target.facts();

    assertThat(atSource)
        .hasAtLeastOneElementOfType(HypervisorEvent.Connected.class)
        .hasAtLeastOneElementOfType(HypervisorEvent.MigrationIteration.class)
        .hasAtLeastOneElementOfType(HypervisorEvent.JobCompleted.class);
    assertThat(atTarget)
        .filteredOn(HypervisorEvent.GuestChanged.class::isInstance)
        .extracting(event -> ((HypervisorEvent.GuestChanged) event).what())
        .containsExactly("incoming migration", "resumed after migration from sim-01");
  }

  @Test
  void refusesWhatCannotWork() {
    var world = TestWorld.standard();
    assertRefused(world, "db-01", "sim-02", "PCI device");
    assertRefused(world, "backup-01", "sim-01", "/var/lib/local/backup-01.qcow2");
    assertRefused(world, "web-01", "sim-01", "already");
    assertRefused(world, "web-01", "sim-09", "no simulated host");
    world.world.kill("sim-02");
    assertRefused(world, "web-01", "sim-02", "does not answer");
  }

  private static void assertRefused(TestWorld world, String name, String target, String words) {
    var plan =
        Fleet.standard(42).stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    assertThatThrownBy(() -> world.migrate(plan, target))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining(words);
    assertThat(world.runningOn(plan.uuid())).containsExactly(plan.host());
  }

  @Test
  void slowingTheWriterDownMakesItsCopyEnd() {
    var guest = TestWorld.writer("heavy", 500, 800);
    var world = TestWorld.of(guest);
    var order = TestWorld.order(guest, "sim-02");
    world
        .host("sim-01")
        .migrate(
            new MigrationOrder(
                order.guest(),
                order.peerUri(),
                null,
                new Tuning(
                    true,
                    Duration.ofMillis(300),
                    null,
                    new Tuning.Throttle(20, 20),
                    null,
                    1,
                    false),
                true,
                false));
    assertThat(world.runningOn(guest.uuid())).containsExactly("sim-02");
  }

  @Test
  void aStoppedGuestPausesForAllOfItsCopyAndDoesNotWrite() {
    var guest = TestWorld.writer("heavy", 500, 800);
    var world = TestWorld.of(guest);
    var order = TestWorld.order(guest, "sim-02");
    world
        .host("sim-01")
        .migrate(
            new MigrationOrder(
                order.guest(),
                order.peerUri(),
                null,
                new Tuning(false, null, null, null, null, 1, false),
                true,
                false));
    var figures = world.host("sim-01").figures(guest.uuid()).orElseThrow();
    // what it wrote while the copy was set up is in it already
    assertThat(figures.transferred()).isEqualTo(Memory.ofGiB(1));
    assertThat(requireNonNull(figures.downtime()).multipliedBy(10))
        .isGreaterThan(requireNonNull(figures.total()).multipliedBy(8));
  }

  @Test
  void aBalloonMovesForAWhileAndStopsAtWhatIsUsed() throws InterruptedException {
    var guest = TestWorld.halfUsed("guest");
    var world = TestWorld.of(guest);
    var host = world.host("sim-01");
    var full = host.memory(guest.uuid()).now();
    host.setMemory(guest.uuid(), Memory.ofMiB(128));
    assertThat(host.memory(guest.uuid()).now()).isEqualTo(full);
    assertThatThrownBy(() -> host.migrate(TestWorld.order(guest, "sim-02")))
        .hasMessage("The balloon of guest still moves.");
    world.time.pass(Duration.ofSeconds(5));
    assertThat(host.memory(guest.uuid()).now()).isEqualTo(host.memory(guest.uuid()).used());
    host.migrate(TestWorld.order(guest, "sim-02"));
    var there = world.host("sim-02");
    assertThat(there.memory(guest.uuid()).now()).as("it comes as it is").isLessThan(full);
    there.setMemory(guest.uuid(), full);
    world.time.pass(Duration.ofSeconds(5));
    assertThat(there.memory(guest.uuid()).now()).isEqualTo(full);
  }

  @Test
  void aCapHoldsUntilTheGuestHasMoved() {
    var guest = TestWorld.writer("guest", 10, 10);
    var world = TestWorld.of(guest);
    world.host("sim-01").setCap(guest.uuid(), 10);
    assertThat(world.host("sim-01").cap(guest.uuid())).isEqualTo(10);
    world.host("sim-01").migrate(TestWorld.order(guest, "sim-02"));
    assertThat(world.host("sim-02").cap(guest.uuid())).isZero();
  }
}
