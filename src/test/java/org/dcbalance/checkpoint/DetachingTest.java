package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What becomes of a guest that came back, while its disks still lie over those of the checkpoint.
 * The runner of the console under test never sees it.
 */
@ConsoleTest
@Transactional
class DetachingTest {
  private static final Operator AMY = new Operator("amy");
  private static final String CAME_BACK = "It runs again, after 1.5 s.";
  private static final String ITS_OWN = " Its disks are its own.";

  @Autowired private CheckpointRows checkpoints;
  @Autowired private RestoreRows rows;
  @Autowired private Checkpoints all;
  @Autowired private Hosts hosts;
  @Autowired private Vms vms;
  @Autowired private Leadership leadership;
  @Autowired private Signals signals;
  @Autowired private PlatformTransactionManager transactions;
  @Autowired private JdbcClient jdbc;

  private final RestoringFleet fleet = new RestoringFleet();
  private Vm vm;
  private Host home;
  private Host other;
  private Host third;
  private long checkpoint;
  private long restore;

  @BeforeEach
  void comeBack() {
    checkpoint = RestoringFleet.checkpoint(jdbc);
    checkpoints.planned(
        checkpoint, "dcb-test", List.of(new FrozenDisk("vda", "/images/db", "/images/db.over")));
    var taken = taken();
    vm = vms.findById(taken.vmId().value()).orElseThrow();
    home = hosts.findById(vm.hostId().value()).orElseThrow();
    var others =
        hosts.findByPoolIdOrderByName(home.poolId().value()).stream()
            .filter(h -> !h.id().equals(home.id()))
            .toList();
    other = others.get(0);
    third = others.get(1);
    restore = rows.add(taken, home.id(), Manner.EAGER, true, AMY);
    rows.runs(restore, 1500L, CAME_BACK, 1);
    fleet.volumes.addAll(List.of("dcb-test.memory", "dcb-test.vda", ownDisk()));
    fleet.over.put(ownDisk(), "dcb-test.vda");
    fleet.host(home).runsOn = path();
    fleet.host(home).defined = path();
  }

  private Checkpoint taken() {
    return checkpoints.find(checkpoint).orElseThrow();
  }

  private String ownDisk() {
    return "dcb-test.r" + restore + ".vda";
  }

  private String path() {
    return "/checkpoints/" + ownDisk();
  }

  private Ledger ledger() {
    return new Ledger(
        new TransactionTemplate(transactions),
        leadership,
        signals,
        leadership.epoch().orElseThrow());
  }

  /** Look once, as is done each second. */
  private Restore looked(HostId... fenced) {
    return looked(false, fenced);
  }

  private Restore looked(boolean gone, HostId... fenced) {
    var open = new OpenRestore(rows, ledger(), taken(), rows.find(restore), "dcb-test");
    var guest = new Detaching.Guest(vm.uuid(), vm.name(), Optional.of(home), gone, ITS_OWN);
    var around = Whereabouts.around(fleet::port, hosts, () -> Set.of(fenced), vm, other);
    new Detaching(open, guest, around).run();
    return rows.find(restore);
  }

  /** Have it noticed if a look writes anything down. */
  private void saysNothingNew(Restore before) {
    jdbc.sql("update checkpoint_restore set epoch = -1 where id = :id")
        .param("id", restore)
        .update();
    assertThat(looked()).isEqualTo(before);
    assertThat(
            jdbc.sql("select epoch from checkpoint_restore where id = :id")
                .param("id", restore)
                .query(Long.class)
                .single())
        .as("what was said once is not said again")
        .isEqualTo(-1);
  }

  private void isDone(Restore end) {
    assertThat(end.state()).isEqualTo(RestoreState.DONE);
    assertThat(end.sentence()).isEqualTo(CAME_BACK + ITS_OWN);
    assertThat(fleet.over).isEmpty();
  }

  private void waits(Restore now, String why) {
    assertThat(now.state()).isEqualTo(RestoreState.DETACHING);
    assertThat(now.waits()).isTrue();
    assertThat(now.step()).contains(why);
    assertThat(fleet.volumes).contains(ownDisk(), "dcb-test.vda");
    assertThat(fleet.over).containsKey(ownDisk());
  }

  private String shutOff() {
    return "%s is shut off on %s, and its disks are copied only while it runs: until then %s rests"
        .formatted(vm.name(), home.name(), ownDisk());
  }

  @Test
  void oneThatRunsGetsDisksOfItsOwn() {
    assertThat(rows.find(restore).waits()).isFalse();
    isDone(looked());
  }

  @Test
  void oneThatWasShutOffSaysSoOnceAndGoesOnWhenItRunsAgain() {
    fleet.host(home).runsOn = null;
    var off = looked();
    waits(off, shutOff());
    saysNothingNew(off);
    fleet.host(home).runsOn = path();
    isDone(looked());
  }

  @Test
  void oneWhoseEmulatorEndsMeanwhileIsSaidToBeShutOff() {
    fleet.crashes = true;
    waits(looked(), shutOff());
  }

  @Test
  void oneThatWasShutOffOnceItsDisksWereItsOwnIsDone() {
    fleet.over.clear();
    fleet.host(home).runsOn = null;
    isDone(looked());
  }

  @Test
  void oneThatWasMovedGoesOnWhereItRuns() {
    fleet.host(home).runsOn = null;
    fleet.host(home).defined = null;
    fleet.host(other).runsOn = path();
    isDone(looked());
  }

  @Test
  void oneThatIsDefinedElsewhereIsSaidToBeShutOffThere() {
    fleet.host(home).runsOn = null;
    fleet.host(home).defined = null;
    fleet.host(other).defined = path();
    waits(looked(), "%s is shut off on %s".formatted(vm.name(), other.name()));
  }

  @Test
  void oneThatRunsTwiceIsLeftAlone() {
    fleet.host(home).runsOn = null;
    fleet.host(home).defined = null;
    fleet.host(other).runsOn = path();
    fleet.host(third).runsOn = path();
    waits(looked(), " at once, so its disks are left alone");
  }

  @Test
  void oneThatIsGoneForGoodEndsItsRestoreAndLeavesItsDisks() {
    fleet.host(home).runsOn = null;
    fleet.host(home).defined = null;
    waits(looked(), vm.name() + " is on no host that can be asked");
    var end = looked(true);
    assertThat(end.state()).isEqualTo(RestoreState.FAILED);
    assertThat(end.sentence())
        .startsWith(CAME_BACK)
        .contains("It was on no host any more before its disks were copied.")
        .endsWith(
            "Left in the storage pool cp, over the checkpoint's disks: %s.".formatted(ownDisk()));
    assertThat(fleet.volumes).contains(ownDisk());
  }

  @Test
  void oneWhoseHostDoesNotAnswerIsNotGoneUntilThatIsSaidToBeOff() {
    fleet.host(home).silent = true;
    waits(looked(true), "What became of %s is not known now".formatted(vm.name()));
    assertThat(looked(home.id()).state()).isEqualTo(RestoreState.FAILED);
  }

  @Test
  void oneWhoseDisksCannotBeCopiedSaysWhyOnceAndIsTriedAgain() {
    fleet.full = "No space left on device.";
    var fails = looked();
    waits(fails, "could not be copied yet");
    assertThat(fails.step()).endsWith("No space left on device.");
    saysNothingNew(fails);
    fleet.full = "";
    isDone(looked());
  }

  @Test
  void diskThatMayLieBelowWhatItIsOnIsNamed() {
    fleet.host(home).runsOn = "/checkpoints/a-snapshot";
    var end = looked();
    assertThat(end.state()).isEqualTo(RestoreState.DONE);
    assertThat(end.sentence())
        .contains("%s lies over this checkpoint's still".formatted(ownDisk()))
        .doesNotContain(ITS_OWN);
    isKept();
  }

  @Test
  void whatTheDisksOfAShutOffVmRestOnIsNotDeletedByHand() {
    fleet.host(home).runsOn = null;
    waits(looked(), shutOff());
    assertThatThrownBy(() -> all.delete(checkpoint, AMY))
        .isInstanceOfSatisfying(
            Problem.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
              assertThat(refused.sentence())
                  .startsWith("Checkpoint %d is needed still.".formatted(checkpoint))
                  .contains(shutOff());
            });
  }

  /** Have it deleted although no restore is open, and see that nothing is. */
  private void isKept() {
    assertThat(deleted()).isFalse();
    assertThat(taken().state()).isEqualTo(State.DELETING);
    assertThat(taken().sentence()).contains("no disk lies over its own: " + ownDisk());
    assertThat(fleet.volumes).contains("dcb-test.memory", "dcb-test.vda", ownDisk());
  }

  private boolean deleted() {
    jdbc.sql("update checkpoint set state = 'DELETING' where id = :id")
        .param("id", checkpoint)
        .update();
    return new Deleting(checkpoints, rows, ledger(), taken(), fleet.port(home).states()).run();
  }

  @Test
  void whatADiskLiesOverIsDeletedOnceThatIsGone() {
    isKept();
    fleet.over.clear();
    assertThat(deleted()).isTrue();
    assertThat(taken().state()).isEqualTo(State.DELETED);
    assertThat(fleet.volumes).containsExactly(ownDisk());
  }

  /** Have it fail at a step, with the VM where it was before. */
  private void failsAt(String step) {
    fleet.host(home).runsOn = "/images/db";
    fleet.host(home).defined = "/images/db";
    rows.step(restore, step, 1);
    rows.end(restore, RestoreState.FAILED, "Where it is now is not known.");
  }

  @Test
  void whatARestoreLeftThatFailedBeforeItReadAnythingIsDeletedWithIt() {
    failsAt("Ending %s on %s".formatted(vm.name(), home.name()));
    // unless somebody uses it
    fleet.over.put("a-snapshot", ownDisk());
    isKept();
    fleet.over.remove("a-snapshot");
    assertThat(deleted()).isTrue();
    assertThat(taken().state()).isEqualTo(State.DELETED);
    assertThat(fleet.volumes).isEmpty();
  }

  @Test
  void whatARestoreLeftThatMayHaveReadIsKept() {
    failsAt("Reading its memory");
    isKept();
  }
}
