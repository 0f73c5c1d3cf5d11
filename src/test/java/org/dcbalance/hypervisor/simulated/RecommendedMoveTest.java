package org.dcbalance.hypervisor.simulated;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.PreCopyModel;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the planner expects of the simulated pool, against what the mechanics then do. */
class RecommendedMoveTest {
  private static final List<GuestPlan> PLANS = Fleet.standard(42);

  @Test
  void theNewcomersPoolAsksForMovesAndIsBalancedOnceTheyAreMade() {
    var world = TestWorld.standard();
    var decision = decide(world);
    assertThat(decision).isInstanceOf(Decision.Proposal.class);
    var proposal = (Decision.Proposal) decision;
    assertThat(proposal.moves().getFirst().source()).isEqualTo(new HostId(1));
    assertThat(proposal.moves().getFirst().priority()).isEqualTo(ProposedMove.Priority.HIGH);
    var reasons =
        proposal.passedOver().stream()
            .map(passed -> passed.vmName() + ": " + ReasonText.of(passed.reason()))
            .toList();
    assertThat(reasons)
        .anySatisfy(line -> assertThat(line).startsWith("db-01: It cannot move. "))
        .anySatisfy(line -> assertThat(line).startsWith("analytics-01: It changes "));

    for (var move : proposal.moves()) {
      var plan = PLANS.get((int) move.vm().id().value() - 1);
      world.migrate(plan, Fleet.HOSTS.get((int) move.target().value() - 1));
    }

    assertThat(decide(world))
        .isInstanceOfSatisfying(
            Decision.Balanced.class,
            balanced ->
                assertThat(balanced.imbalance().value())
                    .isLessThan(Limits.DEFAULTS.imbalanceThreshold()));
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "10, 100", "60, 400", "100, 900", "180, 900", "220, 1000"})
  void theModelComesCloseToTheMechanics(double dirtyMiBPerSecond, int workingSetMiB) {
    var guest = TestWorld.writer("guest", dirtyMiBPerSecond, workingSetMiB);
    var link = new Load(0, Memory.ofMiB(1024), ByteRate.ZERO, ByteRate.ZERO);
    var past =
        new PastMove(
            new VmId(9),
            new HostId(1),
            new HostId(2),
            Instant.EPOCH,
            true,
            Duration.ofSeconds(10),
            Duration.ofMillis(30),
            Memory.ofMiB(3000));
    var expected =
        PreCopyModel.learn(List.of(past))
            .expect(
                new VmLoad(
                    new VmId(1),
                    "guest",
                    new HostId(1),
                    link,
                    link,
                    Memory.ofMiB(1024),
                    ByteRate.ofMiB(dirtyMiBPerSecond),
                    Memory.ofMiB(workingSetMiB),
                    List.of(),
                    Map.of(),
                    null,
                    null,
                    List.of()),
                new HostId(2),
                Duration.ofMillis(300));

    var world = TestWorld.of(guest);
    var order = TestWorld.order(guest, "sim-02");
    var source = world.host("sim-01");
    source.migrate(
        new MigrationOrder(
            order.guest(),
            order.peerUri(),
            null,
            Tuning.of(PreCopyModel.FIRST_MAX_DOWNTIME, null),
            true,
            false));
    var actual = source.figures(guest.uuid()).orElseThrow();

    assertThat(expected.converges()).isTrue();
    assertThat(seconds(requireNonNull(actual.total())))
        .isBetween(0.85 * seconds(expected.total()), 1.15 * seconds(expected.total()) + 0.1);
    assertThat(seconds(requireNonNull(actual.downtime())))
        .isBetween(0.5 * seconds(expected.downtime()), 1.5 * seconds(expected.downtime()) + 0.02);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  /** Read the pool twice, a minute apart, and decide by the rates between. */
  private static Decision decide(TestWorld world) {
    var before = readAll(world);
    for (var plan : PLANS) {
      world
          .host(world.runningOn(plan.uuid()).getFirst())
          .measureDirtyRate(plan.uuid(), Duration.ofSeconds(5));
    }
    world.time.pass(Duration.ofMinutes(1));
    var after = readAll(world);
    var hosts = new ArrayList<HostLoad>();
    var vms = new ArrayList<VmLoad>();
    for (int h = 0; h < after.size(); h++) {
      var own = new Load(0.4, Memory.ofMiB(1536), ByteRate.ZERO, ByteRate.ZERO);
      var id = new HostId(h + 1);
      hosts.add(new HostLoad(id, Fleet.HOSTS.get(h), 16, Fleet.MEMORY, own, 1, null));
      for (var guest : after.get(h).guests()) {
        vms.add(vm(id, counters(before.get(h), guest.uuid()), guest));
      }
    }
    var pool = new Pool("Simulated", world.time.now(), hosts, vms, 5, List.of());
    return new DcBalance().decide(pool, Limits.DEFAULTS);
  }

  private static VmLoad vm(HostId host, GuestCounters before, GuestCounters after) {
    int index = indexOf(after.uuid());
    var plan = PLANS.get(index);
    double cores = seconds(after.cpuTime().minus(before.cpuTime())) / 60;
    var load = new Load(cores, plan.memory(), ByteRate.ZERO, ByteRate.ZERO);
    var ties = plan.ties().stream().map(tie -> tie.detail()).toList();
    return new VmLoad(
        new VmId(index + 1),
        plan.name(),
        host,
        load,
        load,
        plan.memory(),
        requireNonNull(after.dirtyRate()).rate(),
        Memory.ofMiB(plan.workingSetMiB()),
        plan.storage().equals(Fleet.SHARED) ? ties : List.of("local disk"),
        Map.of(),
        null,
        null,
        List.of());
  }

  private static int indexOf(UUID uuid) {
    for (int i = 0; i < PLANS.size(); i++) {
      if (PLANS.get(i).uuid().equals(uuid)) {
        return i;
      }
    }
    throw new AssertionError("no guest " + uuid);
  }

  private static GuestCounters counters(LoadReading reading, UUID uuid) {
    return reading.guests().stream().filter(g -> g.uuid().equals(uuid)).findFirst().orElseThrow();
  }

  private static List<LoadReading> readAll(TestWorld world) {
    return Fleet.HOSTS.stream().map(name -> world.host(name).readLoad()).toList();
  }
}
