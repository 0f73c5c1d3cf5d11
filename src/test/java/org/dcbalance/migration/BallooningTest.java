package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.testing.NamedOptions.options;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.method.Method;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Balloons guests for their moves, and looks whether they have their memory back. */
class BallooningTest extends LeverFaults {
  @Test
  void balloonsFirstWaitsForItAndGivesItBackOnTheTarget() {
    var vm = guest(ALL);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    // 200 MiB are used, and a fifth is left to it
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l ->
                assertThat(l.sentence())
                    .isEqualTo("web-07 has 512 MiB and is asked to leave 240 MiB of it."))
        .anySatisfy(l -> assertThat(l.sentence()).startsWith("It has 240 MiB after "))
        .anySatisfy(
            l -> assertThat(l.sentence()).isEqualTo("Put back on kvm-02: 512 MiB of memory."));
    assertThat(end.undo().isEmpty()).isTrue();
    hasItsMemoryBack("kvm-02", vm);
    assertThat(lab.rows.find(id).orElseThrow())
        .satisfies(r -> assertThat(r.method()).isEqualTo(Method.BALLOON_FIRST))
        .satisfies(r -> assertThat(r.askedMethod()).isEqualTo(Method.BALLOON_FIRST))
        .satisfies(r -> assertThat(r.preparedMillis()).isGreaterThan(200))
        .satisfies(r -> assertThat(r.expectedBytes()).isNotNull());
  }

  /** Where memory runs out the kernel ends guests. */
  @Test
  void aHostWithoutRoomKeepsNoPagesToCompressAgainst() {
    var vm = guest(ALL);
    lab.console();
    assertThat(ended(ask(vm, Method.XBZRLE)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders.getFirst().tuning().compressionCache()).isEqualTo(Memory.ofGiB(1));
    lab.fleet.host("kvm-02").used = Memory.ofMiB(16_000);
    var id = ask(lab.vm("web-07"), "kvm-03", Method.XBZRLE);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders.getLast().tuning().compressionCache()).isNull();
    var why =
        "What it changes is not compressed: that may take 1024 MiB on kvm-02, which has 384 MiB free.";
    assertThat(lab.lines.of(id)).anySatisfy(l -> assertThat(l.sentence()).endsWith(why));
    // the record says how it really went, so that nothing is learned of compression
    assertThat(lab.rows.find(id).orElseThrow())
        .satisfies(r -> assertThat(r.method()).isEqualTo(Method.PRE_COPY))
        .satisfies(r -> assertThat(r.askedMethod()).isEqualTo(Method.XBZRLE))
        .satisfies(r -> assertThat(r.methodWhy()).endsWith(why).doesNotContain("a cache of"));
  }

  @Test
  void aGuestThatRefusesToBalloonMovesWithout() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").balloon(vm.uuid()).sticksAt(400);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l ->
                assertThat(l.sentence())
                    .isEqualTo(
                        "It does not give more than that: it still has 400 MiB. It gets its 512 MiB"
                            + " back, and moves without."));
    hasItsMemoryBack("kvm-02", vm);
  }

  /** It must not be asked to take it back either, for which nobody would wait long enough. */
  @Test
  void aGuestThatMapsTheMemoryOfItsCheckpointMovesWithout() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").mapsMemory = true;
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l ->
                assertThat(l.sentence())
                    .isEqualTo(
                        "Its memory was left alone: %s maps the memory of its checkpoint."
                            .formatted(vm.uuid())))
        .noneSatisfy(l -> assertThat(l.sentence()).contains("gets its 512 MiB back"));
    assertThat(lab.row(id).undo().isEmpty()).isTrue();
  }

  /** As one without a balloon is. */
  @Test
  void aGuestThatItsHostRefusesToBalloonMovesWithout() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").unchangeable = true;
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(l -> assertThat(l.sentence()).isEqualTo("It has kept its 512 MiB."));
    assertThat(lab.row(id).undo().isEmpty()).isTrue();
    hasItsMemoryBack("kvm-02", vm);
  }

  @Test
  void whatAHostCannotPutBackIsNotTriedForEver() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    lab.fleet.host("kvm-02").mapsMemory = true;
    lab.jdbc
        .sql("update migration set undo = 'cap=50 memory=536870912' where id = :id")
        .param("id", id)
        .update();
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(50);
    assertThat(lab.lines.of(id).getLast().sentence())
        .isEqualTo(
            "Put back on kvm-02, later: not 512 MiB of memory (%s maps the memory of its checkpoint), a CPU cap of 50 %%."
                .formatted(vm.uuid()));
  }

  @Test
  void aGuestThatBeginsToSwapGetsItsMemoryBackAtOnce() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").balloon(vm.uuid()).swapsBelow(450);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(l -> assertThat(l.sentence()).startsWith("It has begun to swap ("));
    hasItsMemoryBack("kvm-02", vm);
  }

  /** What it told last may be from before it gave its memory back. */
  @Test
  void aGuestIsNotSentBeforeItHasToldThatItDoesNotSwap() {
    var vm = guest(ALL);
    var balloon = lab.fleet.host("kvm-01").balloon(vm.uuid());
    balloon.tellsEvery(Duration.ofSeconds(3));
    balloon.swapsBelow(300);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    MigrationLab.await(
        "what it waits for", () -> lab.row(id).sentence().contains("is asked to leave"));
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(l -> assertThat(l.sentence()).startsWith("It has begun to swap ("))
        .noneSatisfy(l -> assertThat(l.sentence()).startsWith("It has 240 MiB after "));
    hasItsMemoryBack("kvm-02", vm);
  }

  @Test
  void aCopyIsGivenUpIfTheGuestSwapsWithWhatItWasLeft() {
    var vm = guest(ALL);
    var balloon = lab.fleet.host("kvm-01").balloon(vm.uuid());
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    // its first figure of the copy is what later ones are held against
    int looks = balloon.looks();
    MigrationLab.await("its first figure", () -> balloon.looks() > looks);
    balloon.swaps(7);
    var end = ended(id);
    assertThat(end.state()).isNotEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l ->
                assertThat(l.sentence())
                    .isEqualTo(
                        "It swaps (7 MiB) with the memory that it was left. It is given up."));
    hasItsMemoryBack("kvm-01", vm);
  }

  /** One that was left all of its memory may swap as it did before. */
  @Test
  void aGuestThatKeptItsMemoryMaySwapWhileItIsCopied() {
    var vm = guest(ALL);
    var balloon = lab.fleet.host("kvm-01").balloon(vm.uuid());
    balloon.sticksAt(400);
    lab.fleet.copyTime = Duration.ofSeconds(4);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    FaultyFleet.sleep(1_500);
    balloon.swaps(7);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** Whoever forbids something while a move waits is obeyed. */
  @Test
  void whatIsNotAllowedAnyMoreAfterAWaitIsNotDone() {
    var looks = new AtomicInteger();
    var vm = guest(options(Map.of("checkpointFirst", true)).over(ALL));
    lab.before =
        (id, migration) -> {
          if (looks.incrementAndGet() == 1) {
            allow(lab.vm("web-07"), MoveOptions.NONE);
            return new BeforeMove.Progress(BeforeMove.Step.UNDER_WAY, "");
          }
          return new BeforeMove.Progress(BeforeMove.Step.DONE, "");
        };
    lab.console();
    var end = ended(ask(vm, Method.NOT_LIVE));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).contains("or allow it: ");
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  /** It may go on at any time: standing still short of what it had is not having it back. */
  @Test
  void aBalloonThatPausesOnItsWayBackIsWaitedForEvenSo() {
    var vm = guest(ALL);
    var balloon = lab.fleet.host("kvm-01").balloon(vm.uuid());
    balloon.sticksAt(400);
    balloon.pausesAbove(450, Duration.ofSeconds(4));
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(l -> assertThat(l.sentence()).contains("It gets its 512 MiB back"))
        .noneSatisfy(l -> assertThat(l.sentence()).contains("stands still"));
    hasItsMemoryBack("kvm-02", vm);
  }

  /** Memory that a move gives back is still on its way when the next one begins. */
  @Test
  void theNextMoveWaitsForTheBalloonOfTheOneBefore() throws InterruptedException {
    var vm = guest(ALL);
    var balloon = lab.fleet.host("kvm-01").balloon(vm.uuid());
    balloon.crawls(150);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    stop.awaitReached();
    // so that it is still on its way back when the next one begins
    balloon.crawls(1);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    var next = ask(vm, "kvm-03", Method.PRE_COPY);
    MigrationLab.await(
        "waiting for it",
        () ->
            lab.lines.of(next).stream()
                .anyMatch(
                    l ->
                        l.sentence()
                            .endsWith(
                                "is changing on kvm-02. It is not sent before that is over.")));
    assertThat(lab.row(next).sentence()).endsWith("It is not sent before that is over.");
    assertThat(lab.fleet.migrations).as("it waits").hasValue(1);
    balloon.crawls(1000);
    assertThat(ended(next).state()).isEqualTo(MigrationState.COMPLETED);
    hasItsMemoryBack("kvm-03", vm);
  }

  /** What is put back just before a move sets the balloon in motion. */
  @Test
  void aMoveWaitsForTheMemoryThatItPutsBackForAnEarlierOne() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").balloon(vm.uuid()).crawls(150);
    lab.fleet.host("kvm-02").unchangeable = true;
    var first = lab.console();
    var id = ask(vm, Method.BALLOON_FIRST);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.row(id).undo().memory()).isEqualTo(Balloon.FULL);
    first.kill();
    lab.fleet.host("kvm-02").unchangeable = false;
    var next = ask(vm, "kvm-03", Method.PRE_COPY);
    lab.console();
    assertThat(ended(next).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.row(id).undo().isEmpty()).isTrue();
    hasItsMemoryBack("kvm-03", vm);
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"PRE_COPY", "CAPPED", "NOT_LIVE"})
  void aGuestWhoseBalloonDoesNotComeToRestIsNotSentByAnyMethod(Method method) {
    var vm = guest(ALL);
    var host = lab.fleet.host("kvm-01");
    // somebody else shrinks it, so slowly that nobody waits for the end
    host.balloon(vm.uuid()).crawls(1);
    host.setMemory(vm.uuid(), Memory.ofMiB(300));
    lab.console();
    var end = ended(ask(vm, method));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .contains("is changing on kvm-01")
        .endsWith("A guest is not sent before that is over, and nothing was done.");
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(host.cap(vm.uuid())).isZero();
    assertThat(Objects.requireNonNull(host.copies.get(vm.uuid())).mark()).isNull();
  }
}
