package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.persistence.EntityManager;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.VirtualCluster.Restored;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Restores of a guest to another host, in a real database, whose consoles die on the way. The
 * runner of the console under test never sees them.
 */
@ConsoleTest
@Transactional
class RestoringTest {
  private static final Operator AMY = new Operator("amy");
  private static final String BEFORE = "/images/db";

  /** How many changes are made until the host reads the guest's memory, by itself from then on. */
  private static final int READS = 9;

  /** How many changes are made until it is defined there, too. */
  private static final int DEFINES = 10;

  /** How many changes are made until it is written down that it ran. */
  private static final int CAME_BACK = 11;

  /** How many changes are made in all. */
  private static final int ALL = 13;

  @Autowired private CheckpointRows checkpoints;
  @Autowired private RestoreRows rows;
  @Autowired private ClusterRows clusters;
  @Autowired private Placements placements;
  @Autowired private FastCopies copies;
  @Autowired private MemoryLeases leases;
  @Autowired private HostHelpers helpers;
  @Autowired private Hosts hosts;
  @Autowired private Vms vms;
  @Autowired private Leadership leadership;
  @Autowired private Signals signals;
  @Autowired private PlatformTransactionManager transactions;
  @Autowired private EntityManager entities;
  @Autowired private JdbcClient jdbc;

  private final RestoringFleet fleet = new RestoringFleet();
  private Vm vm;
  private Host source;
  private Host target;
  private long checkpoint;
  private long restore;

  @BeforeEach
  void ask() {
    checkpoint = RestoringFleet.checkpoint(jdbc);
    checkpoints.planned(
        checkpoint, "dcb-test", List.of(new FrozenDisk("vda", BEFORE, BEFORE + ".overlay")));
    var taken = checkpoints.find(checkpoint).orElseThrow();
    vm = vms.findById(taken.vmId().value()).orElseThrow();
    source = hosts.findById(vm.hostId().value()).orElseThrow();
    target =
        hosts.findByPoolIdOrderByName(source.poolId().value()).stream()
            .filter(h -> !h.id().equals(source.id()))
            .findFirst()
            .orElseThrow();
    restore = rows.add(taken, target.id(), Manner.EAGER, true, AMY);
    fleet.volumes.addAll(List.of("dcb-test.memory", "dcb-test.vda"));
    fleet.host(source).runsOn = BEFORE;
    fleet.host(source).defined = BEFORE;
  }

  private Ledger ledger(TransactionTemplate transaction) {
    return new Ledger(transaction, leadership, signals, leadership.epoch().orElseThrow());
  }

  private Restoring restoring(TransactionTemplate transaction, Set<HostId> fenced) {
    var open =
        new OpenRestore(
            rows,
            ledger(transaction),
            checkpoints.find(checkpoint).orElseThrow(),
            rows.find(restore),
            "dcb-test");
    // a runner finds the same host as another object each time that it looks
    entities.clear();
    return new Restoring(
        open,
        placements,
        vm,
        target,
        Whereabouts.around(fleet::port, hosts, () -> fenced, vm, target),
        new Mapping(copies, leases, helpers, open, target));
  }

  /** Restore it by a console that dies after so many changes; tell whether it did. */
  private boolean killedAfter(int changes) {
    fleet.killAfter(changes);
    try {
      restoring(new Killable(transactions, fleet::change), Set.of()).run();
    } catch (HypervisorException e) {
      assertThat(e).hasMessage("The console is dead.");
    }
    return fleet.revive();
  }

  /** Do what the next console does when it looks. */
  private Restore takenUp(HostId... fenced) {
    if (rows.find(restore).state() == RestoreState.RESTORING) {
      restoring(new TransactionTemplate(transactions), Set.of(fenced)).takeUp();
    }
    return rows.find(restore);
  }

  private String ownDisk() {
    return "dcb-test.r" + restore + ".vda";
  }

  private void goesOnThereAlone(Restore end) {
    assertThat(end.state()).isEqualTo(RestoreState.DETACHING);
    assertThat(end.sentence())
        .startsWith("%s runs on %s again".formatted(vm.name(), target.name()));
    assertThat(fleet.host(target).runsOn).isEqualTo("/checkpoints/" + ownDisk());
    assertThat(fleet.host(target).defined)
        .as("the disk with which it would start anew")
        .isEqualTo("/checkpoints/" + ownDisk());
    assertThat(fleet.host(source).runsOn).isNull();
    assertThat(fleet.host(source).defined).as("a definition with the disk from before").isNull();
    assertThat(vmIsOn()).isEqualTo(target.id().value());
  }

  private long vmIsOn() {
    return jdbc.sql("select host_id from vm where id = :id")
        .param("id", vm.id().value())
        .query(Long.class)
        .single();
  }

  private void nothingIsLeftOfIt(Restore end) {
    assertThat(end.state()).isEqualTo(RestoreState.FAILED);
    assertThat(fleet.volumes).doesNotContain(ownDisk());
    assertThat(fleet.host(target).runsOn).isNull();
    assertThat(fleet.host(source).defined).isEqualTo(BEFORE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, READS, DEFINES, CAME_BACK, 12, ALL, ALL + 1})
  void aConsoleThatIsKilledOnTheWayLeavesItWhereItWasOrWhereItShallBe(int changes) {
    assertThat(killedAfter(changes)).isEqualTo(changes <= ALL);
    var end = takenUp();
    if (changes < READS) {
      nothingIsLeftOfIt(end);
    } else {
      goesOnThereAlone(end);
    }
  }

  @Test
  void oneThatIsStillBeingReadIsWaitedFor() {
    fleet.readsSlowly = true;
    killedAfter(READS);
    for (int look = 0; look < 2; look++) {
      var waits = takenUp();
      assertThat(waits.state()).isEqualTo(RestoreState.RESTORING);
      assertThat(waits.sentence())
          .isEqualTo(
              ("The console ended while it was being restored. Left to do: %s was read, but is not"
                      + " running on %s: it is paused there.")
                  .formatted(vm.name(), target.name()));
      assertThat(fleet.volumes).contains(ownDisk());
    }
    fleet.host(target).state = GuestState.RUNNING;
    goesOnThereAlone(takenUp());
  }

  @Test
  void oneThatWasNotReadAfterAllIsGivenUp() {
    fleet.readsSlowly = true;
    killedAfter(READS);
    takenUp();
    fleet.host(target).runsOn = null;
    var end = takenUp();
    nothingIsLeftOfIt(end);
    assertThat(end.sentence())
        .isEqualTo(
            "The console ended while it was being restored. %s runs nowhere now."
                .formatted(vm.name()));
  }

  @Test
  void itIsNotAtItsEndBeforeEveryHostSaysThatItHasNothingOfIt() {
    killedAfter(READS);
    fleet.host(source).silent = true;
    var waits = takenUp();
    assertThat(waits.state()).isEqualTo(RestoreState.RESTORING);
    assertThat(waits.sentence())
        .contains("Left to do: %s does not answer".formatted(source.name()));
    fleet.host(source).silent = false;
    goesOnThereAlone(takenUp());
  }

  @Test
  void aTargetThatIsSaidToBeOffEndsIt() {
    killedAfter(READS);
    fleet.host(target).silent = true;
    assertThat(takenUp().state()).isEqualTo(RestoreState.RESTORING);
    var end = takenUp(target.id());
    assertThat(end.state()).isEqualTo(RestoreState.FAILED);
    assertThat(end.sentence()).endsWith(vm.name() + " runs nowhere now." + left());
  }

  private String left() {
    return " Left in the storage pool cp, over the checkpoint's disks: %s.".formatted(ownDisk());
  }

  private void isOnItsOwnDisks(Restore end, Host at) {
    assertThat(end.state()).isEqualTo(RestoreState.DETACHING);
    assertThat(fleet.volumes).as("what it wrote").contains(ownDisk());
    assertThat(fleet.host(at).defined).isEqualTo("/checkpoints/" + ownDisk());
    assertThat(vmIsOn()).isEqualTo(at.id().value());
  }

  private void isShutOffThere(Restore end) {
    isOnItsOwnDisks(end, target);
    assertThat(end.sentence())
        .isEqualTo("%s came back on %s, and is shut off now.".formatted(vm.name(), target.name()));
    assertThat(fleet.host(target).runsOn).isNull();
    assertThat(fleet.host(source).defined).as("a definition with the disk from before").isNull();
  }

  /** Have it run, also while the host where it was does not answer, until that does again. */
  private void runsWhileTheSourceIsSilent(int changes) {
    killedAfter(changes);
    fleet.host(source).silent = true;
    assertThat(takenUp().state()).isEqualTo(RestoreState.RESTORING);
    fleet.host(source).silent = false;
  }

  @Test
  void oneThatWasShutOffMeanwhileKeepsItsDisks() {
    runsWhileTheSourceIsSilent(DEFINES);
    fleet.host(target).runsOn = null;
    isShutOffThere(takenUp());
  }

  @Test
  void oneThatIsGoneOnceItIsShutOffKeepsItsDisksAndIsDefinedAgain() {
    runsWhileTheSourceIsSilent(READS);
    fleet.host(target).runsOn = null;
    assertThat(fleet.host(target).defined).isNull();
    isShutOffThere(takenUp());
  }

  @Test
  void oneThatWasShutOffBeforeAnybodyLookedKeepsItsDisks() {
    killedAfter(DEFINES);
    fleet.host(target).runsOn = null;
    isShutOffThere(takenUp());
  }

  @Test
  void oneThatWasMovedMeanwhileKeepsItsDisks() {
    runsWhileTheSourceIsSilent(DEFINES);
    fleet.host(target).runsOn = null;
    fleet.host(source).runsOn = "/checkpoints/" + ownDisk();
    var end = takenUp();
    isOnItsOwnDisks(end, source);
    assertThat(end.sentence())
        .isEqualTo("%s runs on %s again.".formatted(vm.name(), source.name()));
  }

  @Test
  void oneThatWasPausedOnceItRanIsNotWaitedFor() {
    killedAfter(CAME_BACK);
    fleet.host(target).state = GuestState.PAUSED;
    goesOnThereAlone(takenUp());
  }

  @Test
  void disksToWhichItWroteAreLeftWhenItRunsOnThoseFromBefore() {
    killedAfter(CAME_BACK);
    fleet.host(target).runsOn = null;
    fleet.host(target).defined = null;
    fleet.host(source).runsOn = BEFORE;
    var end = takenUp();
    assertThat(end.state()).isEqualTo(RestoreState.FAILED);
    assertThat(end.sentence())
        .endsWith("%s runs on %s.".formatted(vm.name(), source.name()) + left());
    assertThat(fleet.volumes).contains(ownDisk());
    assertThat(fleet.host(source).defined).isEqualTo(BEFORE);
  }

  /** Have it restored as the only member of a virtual cluster, at a step. */
  private long inCluster(String step) {
    long cluster = clusters.add(source.poolId(), "restored shop", List.of(vm.id()), AMY);
    long taken = clusters.addTaken(cluster, VirtualCluster.Manner.BARRIER, "", AMY);
    clusters.end(taken, VirtualCluster.State.COMPLETE, "");
    checkpoints.join(checkpoint, taken);
    long restored = clusters.addRestore(taken, AMY);
    clusters.restoreStep(restored, step);
    rows.join(restore, restored);
    return taken;
  }

  /** Have it read as such a member, whose console died. */
  private long pausedInCluster(String step) {
    long taken = inCluster(step);
    rows.step(restore, "Reading its memory", 1);
    fleet.volumes.add(ownDisk());
    fleet.host(source).runsOn = null;
    fleet.host(target).runsOn = "/checkpoints/" + ownDisk();
    fleet.host(target).state = GuestState.PAUSED;
    return taken;
  }

  private Restored takenUpTogether(long taken) {
    return together(taken, ClusterRestoring::takeUp);
  }

  private Restored together(long taken, BiConsumer<ClusterRestoring, List<Restoring>> work) {
    var template = new TransactionTemplate(transactions);
    var now = clusters.findTaken(taken).orElseThrow();
    work.accept(
        new ClusterRestoring(clusters, ledger(template), now, now.restores().getFirst()),
        List.of(restoring(template, Set.of())));
    return clusters.findTaken(taken).orElseThrow().restores().getFirst();
  }

  private void wasPausedThereBefore() {
    fleet.host(source).runsOn = null;
    fleet.host(source).defined = null;
    fleet.host(target).runsOn = BEFORE;
    fleet.host(target).defined = BEFORE;
    fleet.host(target).state = GuestState.PAUSED;
  }

  private void isPausedThereStill(Restored end) {
    assertThat(end.state()).isEqualTo(VirtualCluster.RestoreState.FAILED);
    assertThat(rows.find(restore).state()).isEqualTo(RestoreState.FAILED);
    assertThat(fleet.host(target).runsOn).as("what was paused before").isEqualTo(BEFORE);
    assertThat(fleet.host(target).state).isEqualTo(GuestState.PAUSED);
  }

  @Test
  void aRefusedRestoreOfAClusterLeavesAMemberThatWasPausedBefore() {
    long taken = inCluster("");
    wasPausedThereBefore();
    fleet.volumes.remove("dcb-test.memory");
    var end = together(taken, ClusterRestoring::run);
    assertThat(end.sentence()).contains("does not have all of the checkpoint");
    isPausedThereStill(end);
  }

  @Test
  void aRestoreOfAClusterThatDiedInItsChecksLeavesAMemberThatWasPausedBefore() {
    long taken = inCluster("Checking that all can be brought back");
    rows.step(restore, "Checking that it can be brought back on " + target.name(), 1);
    wasPausedThereBefore();
    isPausedThereStill(takenUpTogether(taken));
  }

  @Test
  void aMemberThatNeverRanLosesTheDefinitionThatItGot() {
    long taken = pausedInCluster("Reading their memory");
    fleet.host(target).defined = "/checkpoints/" + ownDisk();
    takenUpTogether(taken);
    nothingIsLeftOfIt(rows.find(restore));
    assertThat(fleet.host(target).defined).isNull();
  }

  @Test
  void disksOfAMemberThatMayHaveRunAreLeft() {
    long taken = pausedInCluster("Reading their memory");
    fleet.host(target).defined = "/checkpoints/" + ownDisk();
    fleet.host(target).runsOn = null;
    takenUpTogether(taken);
    var end = rows.find(restore);
    assertThat(end.state()).isEqualTo(RestoreState.FAILED);
    assertThat(end.sentence()).endsWith(vm.name() + " runs nowhere now." + left());
    assertThat(fleet.volumes).contains(ownDisk());
    assertThat(fleet.host(source).defined).isEqualTo(BEFORE);
  }

  @Test
  void aMemberOfAClusterThatNeverRanIsEndedAsSoonAsItsHostAnswers() {
    long taken = pausedInCluster("Reading their memory");
    fleet.host(target).silent = true;
    assertThat(takenUpTogether(taken).state()).isEqualTo(VirtualCluster.RestoreState.RESTORING);
    fleet.host(target).silent = false;
    var end = takenUpTogether(taken);
    assertThat(end.state()).isEqualTo(VirtualCluster.RestoreState.FAILED);
    assertThat(end.sentence()).isEqualTo("The console ended while they were being restored.");
    nothingIsLeftOfIt(rows.find(restore));
  }

  @Test
  void aMemberOfAClusterThatWasToRunIsLetRun() {
    long taken = pausedInCluster("Letting them run");
    assertThat(takenUpTogether(taken).state()).isEqualTo(VirtualCluster.RestoreState.FAILED);
    goesOnThereAlone(rows.find(restore));
  }

  @Test
  void aMemberOfAClusterThatIsBeingMovedOnIsNotLetRunWhereItWas() {
    long taken = pausedInCluster("Letting them run");
    fleet.host(target).job = Job.OUTGOING_MIGRATION;
    takenUpTogether(taken);
    assertThat(fleet.host(target).state).isEqualTo(GuestState.PAUSED);
    assertThat(rows.find(restore).state()).isEqualTo(RestoreState.RESTORING);
  }
}
