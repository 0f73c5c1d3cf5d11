package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.inventory.BeforeMove.Progress;
import org.dcbalance.inventory.BeforeMove.Step;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A checkpoint before a move: waited for, and without it no move that asks for one. */
class SafeFirstTest extends MigrationFaults {

  private Vm guest(@Nullable Boolean postCopy, @Nullable Boolean checkpointFirst) {
    var vm = lab.guest("web-07", "kvm-01");
    vm.moveBy(
        new MoveOptions(
            postCopy, null, null, null, null, null, null, null, null, checkpointFirst, null, null));
    return lab.vms.save(vm);
  }

  private String told(long id) {
    return String.join(" ", lab.lines.of(id).stream().map(l -> l.sentence()).toList());
  }

  @Test
  void isWaitedForBeforeAnythingIsDone() {
    var looks = new AtomicInteger();
    lab.before =
        (vm, migration) ->
            looks.incrementAndGet() < 3
                ? new Progress(Step.UNDER_WAY, "")
                : new Progress(Step.DONE, "The memory of web-07 and its disk, of one instant.");
    var vm = guest(null, true);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(looks).hasValue(3);
    assertThat(told(id))
        .containsSubsequence(
            "A checkpoint is taken first.",
            "A checkpoint was taken first. The memory of web-07",
            "Copying from kvm-01");
  }

  @Test
  void itsFailureKeepsTheMoveFromStarting() {
    lab.before = (vm, migration) -> new Progress(Step.FAILED, "There is no room for it.");
    var vm = guest(null, true);
    lab.console();
    var end = ended(lab.move(vm, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).contains("failed. There is no room for it.");
    assertThat(lab.fleet.host("kvm-01").copies).containsKey(vm.uuid());
    assertThat(lab.fleet.host("kvm-02").copies).doesNotContainKey(vm.uuid());
  }

  @Test
  void whereItIsImpossibleAMarkedVmStaysAndOthersMoveWithoutIt() {
    lab.before =
        (vm, migration) -> new Progress(Step.IMPOSSIBLE, "No storage is chosen for checkpoints.");
    var marked = guest(null, true);
    lab.console();
    var end = ended(lab.move(marked, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .isEqualTo(
            "A checkpoint is asked for before each of its moves. No storage is chosen for"
                + " checkpoints.");
  }

  @Test
  void nobodyAsksForOneBeforeAPlainMove() {
    lab.before =
        (vm, migration) -> {
          throw new AssertionError("It was asked for.");
        };
    var vm = guest(null, null);
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void anAbortIsHeardWhileItIsTaken() {
    lab.before = (vm, migration) -> new Progress(Step.UNDER_WAY, "");
    var vm = guest(null, true);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await(
        "it to be waited for", () -> told(id).contains("A checkpoint is taken first."));
    lab.aborts.request(id, ANN);
    var end = ended(id);
    assertThat(end.state()).isNotEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-01").copies).containsKey(vm.uuid());
  }
}
