package org.dcbalance.hypervisor.simulated;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("SimulatedWorldTest")
class SimulatedWorldTest {
  @Test
  void startsWithFourHostsAndTwentyFourGuests() {
    var world = TestWorld.standard();
    int guests = 0;
    for (var planned : SimulatedPlan.of(new SimulatedSettings(null, 42, 4, 24)).hosts()) {
      var host = world.host(planned.name());
      assertThat(host.facts().hostName()).isEqualTo(planned.name());
      assertThat(host.facts().cores()).isEqualTo(16);
      assertThat(host.readLoad().host().memoryUsed()).isLessThan(Memory.ofGiB(64));
      guests += host.guests().size();
    }
    assertThat(guests).isEqualTo(24);
    assertThat(Fleet.standard(1).stream().map(GuestPlan::uuid).distinct()).hasSize(24);
  }

  @Test
  void hasOneHotHostAtAnyTimeOfTheDay() {
    for (int hour = 0; hour < 24; hour += 3) {
      var world = TestWorld.standardAt(new ManualTime(hour));
      var before = readAll(world);
      world.time.pass(Duration.ofMinutes(1));
      var after = readAll(world);
      for (int i = 0; i < 4; i++) {
        double share = busyShare(before.get(i), after.get(i));
        if (i == 0) {
          assertThat(share).as("hot host, hour %d", hour).isBetween(0.88, 1.0);
        } else {
          assertThat(share).as("%s, hour %d", Fleet.HOSTS.get(i), hour).isBetween(0.25, 0.6);
        }
      }
    }
  }

  @Test
  void countersOnlyGrowAndGuestsNeverUseMoreThanTheirHostHas() {
    var world = TestWorld.standard();
    var hot = world.host("sim-01");
    var last = hot.readLoad();
    for (int i = 0; i < 200; i++) {
      world.time.pass(Duration.ofMillis(1 + 37L * i));
      var now = hot.readLoad();
      assertThat(now.host().cpuBusy()).isGreaterThanOrEqualTo(last.host().cpuBusy());
      assertThat(busyShare(last, now)).isLessThanOrEqualTo(1.0001);
      for (int g = 0; g < now.guests().size(); g++) {
        var before = last.guests().get(g);
        var after = now.guests().get(g);
        assertThat(after.uuid()).isEqualTo(before.uuid());
        assertThat(after.cpuTime()).isGreaterThanOrEqualTo(before.cpuTime());
        assertThat(after.netReceivedBytes()).isGreaterThanOrEqualTo(before.netReceivedBytes());
        assertThat(after.netSentBytes()).isGreaterThanOrEqualTo(before.netSentBytes());
        assertThat(after.diskReadBytes()).isGreaterThanOrEqualTo(before.diskReadBytes());
        assertThat(after.diskWrittenBytes()).isGreaterThanOrEqualTo(before.diskWrittenBytes());
      }
      last = now;
    }
  }

  @Test
  void guestsOfAnOvercommittedHostShareItsCores() {
    var plans = new ArrayList<GuestPlan>();
    for (int i = 0; i < 10; i++) {
      plans.add(TestWorld.writer("guest-" + i, 0, 1)); // each wants 2 cores: 20 of 16
    }
    var world = TestWorld.of(plans.toArray(GuestPlan[]::new));
    var before = world.host("sim-01").readLoad();
    world.time.pass(Duration.ofSeconds(10));
    var after = world.host("sim-01").readLoad();

    assertThat(busyShare(before, after)).isBetween(0.9999, 1.0001);
    for (var guest : after.guests()) {
      assertThat(guest.cpuTime().toMillis()).isBetween(15_590L, 15_610L);
    }
  }

  @Test
  void sameSeedAndTimeGiveTheSameLoadHoweverOftenItIsRead() {
    var often = TestWorld.standard();
    for (int i = 0; i < 120; i++) {
      often.time.pass(Duration.ofMillis(500));
      often.host("sim-02").readLoad();
    }
    var once = TestWorld.standard();
    once.time.pass(Duration.ofMinutes(1));

    var left = often.host("sim-02").readLoad().guests();
    var right = once.host("sim-02").readLoad().guests();
    assertThat(left).hasSameSizeAs(right);
    for (int i = 0; i < left.size(); i++) {
      assertThat(left.get(i).cpuTime().minus(right.get(i).cpuTime()).abs())
          .isLessThan(Duration.ofNanos(1000));
    }
  }

  @Test
  void measuresTheDistinctMemoryThatIsChanged() {
    var guest = TestWorld.writer("guest", 50, 200);
    var world = TestWorld.of(guest);
    var host = world.host("sim-01");

    double oneSecond = measured(world, guest.uuid(), Duration.ofSeconds(1));
    double tenSeconds = measured(world, guest.uuid(), Duration.ofSeconds(10));

    // 200 blocks: 50 writes hit about 44 of them, 500 writes about 184
    assertThat(oneSecond).isBetween(35.0, 50.0);
    assertThat(tenSeconds).isBetween(16.0, 20.0);

    world.begin(guest.uuid(), "sim-01", "sim-02", Duration.ofMillis(300));
    assertThatThrownBy(() -> host.measureDirtyRate(guest.uuid(), Duration.ofSeconds(1)))
        .hasMessageContaining("is being migrated");
  }

  private static double measured(TestWorld world, UUID guest, Duration window) {
    var host = world.host("sim-01");
    host.measureDirtyRate(guest, window);
    world.time.pass(window.plusMillis(100));
    var rate = requireNonNull(host.readLoad().guests().getFirst().dirtyRate());
    assertThat(rate.window()).isEqualTo(window);
    return rate.rate().bytesPerSecond() / Memory.ofMiB(1).bytes();
  }

  @Test
  void saysWhenAHostGoesAndComesBack() {
    var world = TestWorld.standard();
    var host = world.host("sim-03");
    var events = new ArrayList<HypervisorEvent>();
    host.listen(events::add);
    host.facts();
    world.world.reachable("sim-03", false);
    assertThatThrownBy(host::readLoad)
        .isInstanceOf(HypervisorException.class)
        .hasMessage("sim-03 does not answer.");
    world.world.reachable("sim-03", true);
    host.readLoad();

    assertThat(events)
        .extracting(Object::getClass)
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .containsExactly(
            HypervisorEvent.Connected.class,
            HypervisorEvent.Disconnected.class,
            HypervisorEvent.Connected.class);
  }

  @Test
  void pausesDestroysAndRemovesGuests() {
    var guest = TestWorld.writer("guest", 0, 1);
    var world = TestWorld.of(guest);
    var host = world.host("sim-01");
    var uuid = guest.uuid();

    host.pause(uuid);
    var before = host.readLoad().guests().getFirst().cpuTime();
    world.time.pass(Duration.ofSeconds(5));
    assertThat(host.readLoad().guests().getFirst().cpuTime()).isEqualTo(before);
    assertThat(host.status(uuid).orElseThrow().state()).isEqualTo(GuestState.PAUSED);
    host.resume(uuid);
    assertThat(host.status(uuid).orElseThrow().state()).isEqualTo(GuestState.RUNNING);

    assertThatThrownBy(() -> host.undefine(uuid)).hasMessageContaining("not shut off");
    host.destroy(uuid);
    assertThat(host.guests().getFirst().domainId()).isEqualTo(-1);
    assertThatThrownBy(() -> host.resume(uuid)).hasMessageContaining("shut off");
    host.undefine(uuid);
    assertThat(host.status(uuid)).isEmpty();
    assertThat(host.guests()).isEmpty();
  }

  @Test
  void remembersPlacesAndMarksInItsFile(@TempDir Path folder) {
    var file = folder.resolve("deeper/simulated-pool.properties");
    var plans = Fleet.standard(42);
    var web = plans.getFirst();
    var time = new ManualTime();
    var first = new SimulatedDriver(world(plans, time, file));
    var second = new SimulatedDriver(world(plans, time, file));

    var source = first.open(URI.create("simulated:///sim-01"));
    source.mark(web.uuid(), "job 7 epoch 3: π=1\n");
    source.migrate(TestWorld.order(web, "sim-04"));

    // another console on the same file, and a later start of this one
    for (var driver : List.of(second, new SimulatedDriver(world(plans, time, file)))) {
      assertThat(driver.open(URI.create("simulated:///sim-01")).status(web.uuid())).isEmpty();
      var status = driver.open(URI.create("simulated:///sim-04")).status(web.uuid()).orElseThrow();
      assertThat(status.state()).isEqualTo(GuestState.RUNNING);
      assertThat(status.mark()).isEqualTo("job 7 epoch 3: π=1\n");
    }
  }

  @Test
  void forgetsAMigrationOfAConsoleThatDied(@TempDir Path folder) {
    var file = folder.resolve("simulated-pool.properties");
    var plans = Fleet.standard(42);
    var web = plans.getFirst();
    var time = new ManualTime();
    var dying = world(plans, time, file);
    dying.look(
        () -> {
          dying.start(
              new SimulatedMigration(
                  dying.guest(web.uuid()).orElseThrow(),
                  dying.host("sim-01").orElseThrow(),
                  dying.host("sim-02").orElseThrow(),
                  Tuning.of(Duration.ofMillis(300), null)));
          return web;
        });
    time.pass(Duration.ofSeconds(3));

    var next = new SimulatedDriver(world(plans, time, file));
    assertThat(
            next.open(URI.create("simulated:///sim-01")).status(web.uuid()).orElseThrow().state())
        .isEqualTo(GuestState.RUNNING);
    assertThat(next.open(URI.create("simulated:///sim-02")).status(web.uuid())).isEmpty();
  }

  @Test
  void endsTheMigrationsOfAConsoleThatStoodStill(@TempDir Path folder) {
    var web = Fleet.standard(42).getFirst();
    var time = new ManualTime();
    var stopped = world(Fleet.standard(42), time, folder.resolve("simulated-pool.properties"));
    var migration =
        stopped.look(
            () -> {
              var started =
                  new SimulatedMigration(
                      stopped.guest(web.uuid()).orElseThrow(),
                      stopped.host("sim-01").orElseThrow(),
                      stopped.host("sim-02").orElseThrow(),
                      Tuning.of(Duration.ofMillis(300), null));
              stopped.start(started);
              return started;
            });
    time.pass(Duration.ofMinutes(1));

    assertThatThrownBy(() -> stopped.await(migration)).hasMessageContaining("stood still");
    assertThat(stopped.look(() -> stopped.guest(web.uuid()).orElseThrow().host()))
        .isEqualTo("sim-01");
  }

  @Test
  void consolesWritingAtOnceLoseNothing(@TempDir Path folder) throws Exception {
    var file = folder.resolve("simulated-pool.properties");
    var plans = Fleet.standard(42);
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 3; t++) {
      var world = world(plans, new ManualTime(), file);
      var mine = plans.subList(t * 8, t * 8 + 8);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    var driver = new SimulatedDriver(world);
                    for (var plan : mine) {
                      driver
                          .open(SimulatedPlan.uri(plan.host()))
                          .mark(plan.uuid(), "by " + plan.name());
                    }
                  }));
    }
    for (var thread : threads) {
      thread.join();
    }
    var reader = new SimulatedDriver(world(plans, new ManualTime(), file));
    var marks = new HashMap<String, String>();
    for (var plan : plans) {
      var status = reader.open(SimulatedPlan.uri(plan.host())).status(plan.uuid());
      marks.put(plan.name(), String.valueOf(status.orElseThrow().mark()));
    }
    plans.forEach(plan -> assertThat(marks).containsEntry(plan.name(), "by " + plan.name()));
    assertThat(folder).isDirectoryNotContaining(path -> path.toString().endsWith(".new"));
    assertThat(Files.exists(file)).isTrue();
  }

  private static SimulatedWorld world(List<GuestPlan> plans, SimulatedTime time, Path file) {
    return new SimulatedWorld(
        FleetOfAnySize.of(4, 24, 42).hosts(), plans, time, new WorldFile(file));
  }

  @Test
  void refusesAddressesThatNameNoHost() {
    var driver = new SimulatedDriver(new SimulatedSettings(null, 42, 4, 24));
    for (var uri :
        List.of(
            "simulated:///sim-09",
            "simulated:///",
            "simulated://sim-01",
            "simulated:sim-01",
            "simulated:///sim-01?x=1",
            "simulated://user@host/sim-01",
            "simulated:///sim-01/x")) {
      assertThatThrownBy(() -> driver.check(URI.create(uri)))
          .as(uri)
          .isInstanceOfSatisfying(
              Problem.class, problem -> assertThat(problem.advice()).startsWith("Maybe enter "));
    }
    driver.check(URI.create("simulated:///sim-01"));
    assertThat(driver.handles(URI.create("qemu:///system"))).isFalse();
  }

  @Test
  void saysWhatItsHostsCanReachAndRun() {
    var world = TestWorld.standard();
    var host = world.host("sim-01");
    assertThat(host.reachPeer("simulated:///sim-02")).isEmpty();
    assertThat(host.reachPeer("qemu+tcp://kvm-01/system")).isPresent();
    assertThat(host.reachPeer("not a uri")).isPresent();
    world.world.kill("sim-02");
    assertThat(host.reachPeer("simulated:///sim-02")).contains("sim-02 does not answer sim-01.");
    assertThat(host.fits(SimulatedGuest.CPU)).isInstanceOf(CpuFit.Fits.class);
    assertThat(host.fits(new GuestCpu("", "", "x86_64", "q35", "kvm", null)))
        .isInstanceOf(CpuFit.Lacks.class);
  }

  private static List<LoadReading> readAll(TestWorld world) {
    return Fleet.HOSTS.stream().map(name -> world.host(name).readLoad()).toList();
  }

  private static double busyShare(LoadReading before, LoadReading after) {
    var busy = requireNonNull(after.host().cpuBusy()).minus(before.host().cpuBusy());
    double wall = after.monotonic() - before.monotonic();
    return busy.toNanos() / wall / after.host().cores();
  }
}
