package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the next console does with a copy whose console died. The runner of the console under test
 * never sees it.
 */
@ConsoleTest
@Transactional
class CopyingTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private CheckpointRows checkpoints;
  @Autowired private RestoreRows rows;
  @Autowired private Hosts hosts;
  @Autowired private Leadership leadership;
  @Autowired private Signals signals;
  @Autowired private PlatformTransactionManager transactions;
  @Autowired private JdbcClient jdbc;

  private final RestoringFleet fleet = new RestoringFleet();
  private Host target;
  private long checkpoint;
  private long restore;

  @BeforeEach
  void read() {
    checkpoint = RestoringFleet.checkpoint(jdbc);
    checkpoints.planned(
        checkpoint, "dcb-test", List.of(new FrozenDisk("vda", "/images/db", "/images/db.over")));
    var taken = taken();
    target = hosts.findById(taken.hostId().value()).orElseThrow();
    var copy = new CopyOf("beside-" + checkpoint, UUID.randomUUID(), null);
    restore = rows.addCopy(taken, target.id(), copy, AMY);
    fleet.volumes.addAll(List.of("dcb-test.memory", "dcb-test.vda", own("memory"), own("vda")));
    fleet.over.put(own("vda"), "dcb-test.vda");
    fleet.host(target).defined = "/checkpoints/" + own("vda");
  }

  private Checkpoint taken() {
    return checkpoints.find(checkpoint).orElseThrow();
  }

  private String own(String what) {
    return "dcb-test.r" + restore + "." + what;
  }

  private void isPaused() {
    fleet.host(target).runsOn = fleet.host(target).defined;
    fleet.host(target).state = GuestState.PAUSED;
  }

  private Restore takenUpAt(String step) {
    rows.step(restore, step, 1);
    return takenUp();
  }

  private Restore takenUp() {
    var ledger =
        new Ledger(
            new TransactionTemplate(transactions),
            leadership,
            signals,
            leadership.epoch().orElseThrow());
    var open = new OpenRestore(rows, ledger, taken(), rows.find(restore), "dcb-test");
    new Copying(open, target, fleet.port(target)).takeUp();
    return rows.find(restore);
  }

  private void isKept(Restore now) {
    assertThat(now.state()).isEqualTo(RestoreState.DETACHING);
    assertThat(fleet.volumes).contains(own("vda")).doesNotContain(own("memory"));
    assertThat(fleet.host(target).defined).isNotNull();
  }

  @Test
  void oneThatNeverRanIsEndedAndNothingOfItIsLeft() {
    isPaused();
    assertThat(takenUpAt("Reading its memory").state()).isEqualTo(RestoreState.FAILED);
    assertThat(fleet.host(target).runsOn).isNull();
    assertThat(fleet.host(target).defined).isNull();
    assertThat(fleet.volumes).containsExactlyInAnyOrder("dcb-test.memory", "dcb-test.vda");
  }

  @Test
  void oneThatWasToRunIsLetRun() {
    isPaused();
    isKept(takenUpAt("Letting it run"));
    assertThat(fleet.host(target).state).isEqualTo(GuestState.RUNNING);
  }

  @Test
  void oneThatRanAndWasShutOffMeanwhileKeepsWhatItWrote() {
    isKept(takenUpAt("Letting it run"));
  }

  /** Reading what is not there is an error of the storage, which says nothing of the checkpoint. */
  @Test
  void aVolumeThatIsNotThereAnyMoreIsDamage() {
    fleet.volumes.remove("dcb-test.vda");
    assertThat(damage()).contains("Its disk vda is not in cp any more.");
    fleet.volumes.remove("dcb-test.memory");
    assertThat(damage()).contains("Its memory is not in cp any more.");
    fleet.volumes.clear();
    assertThatThrownBy(this::damage)
        .as("rather its storage is not there")
        .hasMessage("Nothing of it is in the storage pool cp.");
  }

  private Optional<String> damage() {
    return Verifying.damage(fleet.port(target).states(), taken(), "dcb-test");
  }

  @Test
  void oneThatMayHaveRunIsNotForgottenWhileItsHostIsSilent() {
    fleet.host(target).silent = true;
    var waits = takenUpAt("Letting it run");
    assertThat(waits.state()).isEqualTo(RestoreState.RESTORING);
    assertThat(waits.sentence()).contains("Left to do: No route to host.");
    fleet.host(target).silent = false;
    isKept(takenUp());
  }
}
