package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.testing.NamedOptions.options;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.BeforeMove.Progress;
import org.dcbalance.inventory.BeforeMove.Step;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

/** A checkpoint before a move: waited for, and without it no move that asks for one. */
class SafeFirstTest extends MigrationFaults {
  @Test
  void oneThatIsAskedForBeforeAFirstMoveIsTakenOnce() {
    var taken = new AtomicInteger();
    lab.before =
        (vm, migration) -> {
          taken.incrementAndGet();
          return new Progress(Step.DONE, "The memory of web-07 and its disk, of one instant.");
        };
    var vm = guest(options(Map.of("checkpointFirstMove", true)));
    lab.console();
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(told(first)).contains("A checkpoint was taken first.");
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    var now = lab.vms.findById(vm.id().value()).orElseThrow();
    long second = lab.move(now, "kvm-03");
    assertThat(ended(second).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(told(second)).doesNotContain("checkpoint");
    assertThat(taken).hasValue(1);
  }

  @Test
  void withoutItThereIsNoFirstMove() {
    lab.before =
        (vm, migration) -> new Progress(Step.IMPOSSIBLE, "No storage is chosen for checkpoints.");
    var vm = guest(options(Map.of("checkpointFirstMove", true)));
    lab.console();
    var end = ended(lab.move(vm, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).contains("DCbalance has never moved it").contains("No storage");
  }

  @Test
  void whoRefusesCheckpointsGetsNoneBeforeAFirstMoveEither() {
    lab.before =
        (vm, migration) -> {
          throw new AssertionError("It was asked for.");
        };
    var vm = guest(options(Map.of("checkpointFirst", false, "checkpointFirstMove", true)));
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
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
    var vm = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(looks).hasValue(3);
    assertThat(told(id))
        .containsSubsequence(
            "A checkpoint is taken first, because one is asked for before each of its moves.",
            "A checkpoint was taken first. The memory of web-07",
            "Copying from kvm-01");
  }

  @Test
  void isSaidWithSignsOfLifeForAsLongAsItIsWaitedFor() throws InterruptedException {
    var done = new AtomicBoolean();
    lab.before = (vm, migration) -> new Progress(done.get() ? Step.DONE : Step.UNDER_WAY, "");
    var vm = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await(
        "a wait", () -> lab.row(id).sentence().startsWith("A checkpoint is taken first"));
    var began = Instant.now();
    MigrationLab.await("a sign of life", () -> lifeSign(id).isAfter(began));
    // it is checked again after the wait
    var checks = lab.fleet.stopAt(Point.FITS);
    done.set(true);
    checks.awaitReached();
    assertThat(lab.row(id).sentence()).isEmpty();
    checks.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  private Instant lifeSign(long id) {
    return Objects.requireNonNullElse(lab.rows.find(id).orElseThrow().heartbeat(), Instant.EPOCH);
  }

  @Test
  void whatWasTrueBeforeTheWaitIsCheckedAgainAfterIt() {
    var looks = new AtomicInteger();
    lab.before =
        (vm, migration) -> {
          if (looks.incrementAndGet() < 2) {
            return new Progress(Step.UNDER_WAY, "");
          }
          lab.jdbc.sql("update host set maintenance = true where name = 'kvm-02'").update();
          return new Progress(Step.DONE, "The memory of web-07 and its disk, of one instant.");
        };
    var vm = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    long id = lab.move(vm, "kvm-02");
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).isEqualTo("kvm-02 is in maintenance.");
    assertThat(told(id))
        .contains("It has waited, so everything is checked, and its method chosen, again.");
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  @Test
  void oneThatAPersonAbortsMeanwhileIsAborted() {
    lab.before = (vm, migration) -> new Progress(Step.UNDER_WAY, "");
    var vm = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await("a wait", () -> told(id).contains("A checkpoint is taken first"));
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  @Test
  void itsFailureKeepsTheMoveFromStarting() {
    lab.before = (vm, migration) -> new Progress(Step.FAILED, "There is no room for it.");
    var vm = guest(options(Map.of("checkpointFirst", true)));
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
    var marked = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    var end = ended(lab.move(marked, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .isEqualTo(
            "It is not moved without a checkpoint, because one is asked for before each of its"
                + " moves. No storage is chosen for checkpoints.");
  }

  @Test
  void nobodyAsksForOneBeforeAPlainMove() {
    lab.before =
        (vm, migration) -> {
          throw new AssertionError("It was asked for.");
        };
    var vm = guest(MoveOptions.NONE);
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** Whoever takes over may find that none is asked for any more. */
  @Test
  void oneThatIsUnderWayIsWaitedForThoughNobodyAsksForItAnyMore() {
    var looks = new AtomicInteger();
    lab.before = begun(() -> looks.incrementAndGet() < 3 ? Step.UNDER_WAY : Step.FAILED);
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(looks).hasValueGreaterThan(2);
    assertThat(told(id))
        .containsSubsequence(
            "A checkpoint was begun for it, and is waited for.",
            "It has waited, so everything is checked, and its method chosen, again.",
            "Copying from kvm-01");
  }

  @Test
  void anAbortIsHeardWhileSuchAOneIsWaitedFor() {
    lab.before = begun(() -> Step.UNDER_WAY);
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await("a wait", () -> told(id).contains("A checkpoint was begun for it"));
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  private static BeforeMove begun(Supplier<Step> howFar) {
    return new BeforeMove() {
      @Override
      public Progress of(VmId vm, long migration) {
        throw new AssertionError("It was asked for.");
      }

      @Override
      public Optional<Progress> begun(long migration) {
        return Optional.of(new Progress(howFar.get(), ""));
      }
    };
  }

  @Test
  void anAbortIsHeardWhileItIsTaken() {
    lab.before = (vm, migration) -> new Progress(Step.UNDER_WAY, "");
    var vm = guest(options(Map.of("checkpointFirst", true)));
    lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await(
        "it to be waited for", () -> told(id).contains("A checkpoint is taken first"));
    lab.aborts.request(id, ANN);
    var end = ended(id);
    assertThat(end.state()).isNotEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-01").copies).containsKey(vm.uuid());
  }
}
