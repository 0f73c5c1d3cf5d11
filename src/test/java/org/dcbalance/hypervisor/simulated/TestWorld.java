package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;

/** A simulated pool whose time the test lets pass. */
final class TestWorld {
  final ManualTime time;
  final SimulatedWorld world;
  private final SimulatedDriver driver;

  private TestWorld(List<GuestPlan> plans, ManualTime time) {
    this.time = time;
    world = new SimulatedWorld(FleetOfAnySize.of(4, 24, 42).hosts(), plans, time, null);
    driver = new SimulatedDriver(world);
  }

  static TestWorld of(GuestPlan... plans) {
    return new TestWorld(Arrays.asList(plans), new ManualTime());
  }

  static TestWorld standard() {
    return standardAt(new ManualTime());
  }

  static TestWorld standardAt(ManualTime time) {
    return new TestWorld(Fleet.standard(42), time);
  }

  /** A steady guest of 4 cores and 1 GiB, all used, half busy, on sim-01. */
  static GuestPlan writer(String name, double dirtyMiBPerSecond, int workingSetMiB) {
    return guest(name, 1, dirtyMiBPerSecond, workingSetMiB);
  }

  /** The same guest, idle, with half of its memory free. */
  static GuestPlan halfUsed(String name) {
    return guest(name, 0.5, 0, 1);
  }

  private static GuestPlan guest(
      String name, double usedShare, double dirtyMiBPerSecond, int workingSetMiB) {
    return new GuestPlan(
        name,
        "sim-01",
        "hvm",
        4,
        1024,
        new LoadPattern(7, 0.5, 0, 0, 0),
        usedShare,
        dirtyMiBPerSecond,
        workingSetMiB,
        1,
        1,
        Fleet.SHARED,
        List.of());
  }

  Hypervisor host(String name) {
    return driver.open(SimulatedPlan.uri(name));
  }

  SimulatedMigration begin(UUID guest, String source, String target, Duration maxDowntime) {
    var from = world.host(source).orElseThrow();
    var to = world.host(target).orElseThrow();
    return world.look(
        () -> {
          var migration =
              new SimulatedMigration(
                  world.guest(guest).orElseThrow(), from, to, Tuning.of(maxDowntime, null));
          world.start(migration);
          return migration;
        });
  }

  MigrationFigures migrate(GuestPlan guest, String target) {
    var source = host(guest.host());
    source.migrate(order(guest, target));
    return source.figures(guest.uuid()).orElseThrow();
  }

  static MigrationOrder order(GuestPlan guest, String target) {
    return new MigrationOrder(
        guest.uuid(),
        "simulated:///" + target,
        null,
        Tuning.of(Duration.ofMillis(300), null),
        true,
        false);
  }

  /** Names of the hosts on which a guest runs. */
  List<String> runningOn(UUID guest) {
    var names = new ArrayList<String>();
    for (var name : Fleet.HOSTS) {
      var known = world.host(name).orElseThrow();
      if (known.reachable() && host(name).guests().stream().anyMatch(g -> isRunning(g, guest))) {
        names.add(name);
      }
    }
    return names;
  }

  private static boolean isRunning(Guest guest, UUID uuid) {
    return guest.uuid().equals(uuid) && guest.state() == GuestState.RUNNING;
  }
}
