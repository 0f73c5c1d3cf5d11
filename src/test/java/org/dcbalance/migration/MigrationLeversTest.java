package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcbalance.testing.NamedOptions.options;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Method;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Balloons, caps and stops guests for their moves, and looks whether all of it is put back. */
class MigrationLeversTest extends MigrationFaults {
  private static final MoveOptions ALL =
      options(
          Map.of(
              "postCopy",
              true,
              "ballooning",
              true,
              "capPercent",
              10,
              "notLive",
              true,
              "connections",
              2));

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

  @Test
  void capsUntilItHasMovedAndSetsTheOldCapOnTheTarget() throws InterruptedException {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 50);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isEqualTo(10);
    assertThat(Objects.requireNonNull(lab.fleet.host("kvm-01").copies.get(vm.uuid())).mark())
        .as("the old cap is saved on the guest itself")
        .contains(" was cap=50");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(50);
  }

  /** The hypervisor loses a cap when the guest moves, whether or not we set one. */
  @Test
  void aCapThatWasThereBeforeIsThereAfterAnyMove() {
    var vm = guest(MoveOptions.NONE);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 75);
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(75);
  }

  /** Nor does a scheduler's weight travel. */
  @Test
  void aWeightThatWasThereBeforeIsThereAfterAnyMove() {
    var vm = guest(MoveOptions.NONE);
    lab.fleet.host("kvm-01").weights.put(vm.uuid(), 512);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").weight(vm.uuid())).contains(512);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l -> assertThat(l.sentence()).isEqualTo("Put back on kvm-02: a CPU weight of 512."));
  }

  @Test
  void aWeightIsLeftAloneWhereTheVmStays() throws InterruptedException {
    var vm = guest(MoveOptions.NONE);
    var host = lab.fleet.host("kvm-01");
    host.weights.put(vm.uuid(), 512);
    // the abort comes before its end
    lab.fleet.copyTime = Duration.ofSeconds(30);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    host.unchangeable = true;
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.row(id).undo().isEmpty()).as("there was nothing to change").isTrue();
    assertThat(host.weight(vm.uuid())).contains(512);
  }

  @Test
  void putsEverythingBackWhenTheMoveFails() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    var host = lab.fleet.host("kvm-01");
    assertThat(host.cap(vm.uuid())).isZero();
    assertThat(host.maxDowntime(vm.uuid())).isEqualTo(FaultyHost.USUAL_PAUSE);
    assertThat(Objects.requireNonNull(host.copies.get(vm.uuid())).mark()).isNull();
  }

  /** Whoever takes over puts back what the one that died had changed. */
  @ParameterizedTest
  @EnumSource(
      value = Point.class,
      names = {"CAP", "COPYING", "SWITCH_OVER", "AFTER_JOB"})
  void putsEverythingBackAfterACrashOfTheConsole(Point point) throws InterruptedException {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 50);
    var stop = lab.fleet.stopAt(point);
    var first = lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    first.kill();
    stop.release();
    lab.console();
    var end = ended(id);
    var host = lab.fleet.host(end.state() == MigrationState.COMPLETED ? "kvm-02" : "kvm-01");
    MigrationLab.await("the old cap", () -> host.cap(vm.uuid()) == 50);
    assertThat(end.undo().isEmpty()).isTrue();
  }

  @Test
  void triesAgainToPutBackWhatAHostRefusedToTake() throws InterruptedException {
    var vm = guest(ALL);
    // the abort comes before its end
    lab.fleet.copyTime = Duration.ofSeconds(30);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 10);
    lab.fleet.host("kvm-01").unchangeable = true;
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.row(id).undo().cap()).isZero();
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isEqualTo(10);
    lab.fleet.host("kvm-01").unchangeable = false;
    MigrationLab.await("put back later", () -> lab.row(id).undo().isEmpty());
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isZero();
    MigrationLab.await(
        "a line",
        () -> lab.lines.of(id).getLast().sentence().startsWith("Put back on kvm-01, later: "));
  }

  /** What the second one found was set by the first one. */
  @Test
  void whatTwoMovesLeftIsPutBackAsItWasBeforeTheFirst() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.COMPLETED);
    long second = lab.moves.request(vm.id(), lab.host("kvm-01").id(), null, ANN);
    assertThat(ended(second).state()).isEqualTo(MigrationState.COMPLETED);
    var host = lab.fleet.host("kvm-01");
    host.caps.put(vm.uuid(), 50);
    lab.jdbc
        .sql(
            """
            update migration set undo = case id when :first then 'cap=0' else 'cap=50' end,
              version = version + 1
            """)
        .param("first", first)
        .update();
    MigrationLab.await(
        "put back", () -> lab.row(first).undo().isEmpty() && lab.row(second).undo().isEmpty());
    assertThat(host.cap(vm.uuid())).isZero();
  }

  /** On Xen nothing could end it after that. */
  @Test
  void isNotOrderedAfterItsTimeThatPassedWhileItWasPrepared() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.CAP);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.jdbc.sql("update migration set end_by = now(), version = version + 1").update();
    stop.release();
    var end = ended(id);
    assertThat(end.sentence())
        .isEqualTo(
            "Aborted by DCbalance: web-07 still runs on kvm-01. It has not ended by its deadline.");
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isZero();
  }

  /** Its definition there is what arrived, with the memory that was left to it. */
  @Test
  void tellsWhatXenMayHaveDefinedOfAGuestThatWasShutOffBeforeItHadItsMemoryBack() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    lab.jdbc.sql("update host set hypervisor = 'Xen'").update();
    lab.fleet.host("kvm-02").set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    lab.jdbc
        .sql("update migration set undo = 'memory=536870912' where id = :id")
        .param("id", id)
        .update();
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
    MigrationLab.await(
        "a line",
        () ->
            lab.lines
                .of(id)
                .getLast()
                .sentence()
                .equals(
                    "It was shut off before it had its 512 MiB of memory back, and kvm-02 may have it defined with less. Maybe look there before it is started."));
  }

  /** A capture keeps limits of its own on its guest, and puts back what it found. */
  @Test
  void putsNothingBackLaterWhileSomethingElseGoesOnWithTheVm() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    var host = lab.fleet.host("kvm-02");
    host.caps.put(vm.uuid(), 10);
    lab.otherWork = "A checkpoint of web-07 is being taken.";
    lab.jdbc.sql("update migration set undo = 'cap=50' where id = :id").param("id", id).update();
    FaultyFleet.sleep(1_000);
    assertThat(host.cap(vm.uuid())).isEqualTo(10);
    assertThat(lab.row(id).undo().isEmpty()).isFalse();
    lab.otherWork = null;
    MigrationLab.await("the old cap", () -> host.cap(vm.uuid()) == 50);
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
  }

  @Test
  void putsBackWhatAMoveLeftThatAPersonClosed() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.fleet.host("kvm-01").reachable = false;
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    first.kill();
    // its job ends without a console
    lab.fleet.host("kvm-01").jobs.clear();
    lab.fleet.host("kvm-01").set(vm.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    lab.fleet.host("kvm-02").copies.remove(vm.uuid());
    lab.closing.close(id, "source", "looked at it", ANN);
    lab.fleet.host("kvm-01").reachable = true;
    lab.console();
    MigrationLab.await("put back", () -> lab.fleet.host("kvm-01").cap(vm.uuid()) == 0);
    MigrationLab.await("noted", () -> lab.row(id).undo().isEmpty());
    assertThat(Objects.requireNonNull(lab.fleet.host("kvm-01").copies.get(vm.uuid())).mark())
        .isNull();
  }

  @Test
  void aHostThatKeepsNoMarksIsNotAskedToBalloonOrCap() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").cannotMark = true;
    lab.console();
    var id = ask(vm, Method.CAPPED);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l -> assertThat(l.sentence()).startsWith("So it is neither ballooned nor capped"));
  }

  @Test
  void stopsTheGuestForItsMoveWhereThatIsAllowedAndAskedFor() {
    var vm = guest(ALL);
    lab.console();
    assertThat(ended(ask(vm, Method.NOT_LIVE)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders)
        .singleElement()
        .satisfies(o -> assertThat(o.tuning().live()).isFalse());
  }

  @Test
  void thePlainRivalIsAsTheHypervisorDoesIt() {
    var vm = guest(ALL);
    lab.console();
    assertThat(ended(ask(vm, Method.PRE_COPY)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders)
        .singleElement()
        .satisfies(o -> assertThat(o.tuning()).isEqualTo(Tuning.NONE));
  }

  @Test
  void refusesWhatTheVmIsNotAllowedOrTheHostCannot() {
    var vm = guest(MoveOptions.NONE);
    assertThatThrownBy(() -> ask(vm, Method.POST_COPY))
        .hasMessage("Post-copy is not allowed for web-07.");
    var allowed = allow(vm, ALL);
    lab.jdbc
        .sql("update host set missing = '{\"POST_COPY\": \"Its tool stack has no call for it\"}'")
        .update();
    assertThatThrownBy(() -> ask(allowed, Method.POST_COPY))
        .hasMessage("Post-copy: Its tool stack has no call for it.");
  }

  private long ask(Vm vm, @Nullable Method method) {
    return ask(vm, "kvm-02", method);
  }

  private long ask(Vm vm, String target, @Nullable Method method) {
    return lab.moves.request(vm.id(), lab.host(target).id(), method, ANN);
  }

  private void hasItsMemoryBack(String host, Vm vm) {
    MigrationLab.await(
        "its memory", () -> lab.fleet.host(host).memory(vm.uuid()).now().equals(Balloon.FULL));
    assertThat(Balloon.FULL).isEqualTo(Memory.ofMiB(512));
  }
}
