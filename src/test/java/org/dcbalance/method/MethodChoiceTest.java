package org.dcbalance.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dcbalance.method.Choice.Considered;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MethodChoiceTest {
  private static Arguments qemu(String what, @Nullable Method expected, Consumer<Cases> change) {
    var cases = Cases.qemu();
    change.accept(cases);
    return Arguments.argumentSet(what, cases, expected);
  }

  private static Arguments xen(String what, @Nullable Method expected, Consumer<Cases> change) {
    var cases = Cases.xen();
    change.accept(cases);
    return argumentSet("Xen: " + what, cases, expected);
  }

  static Stream<Arguments> table() {
    return Stream.of(
        qemu("a quiet VM goes by pre-copy", Method.PRE_COPY, c -> {}),
        qemu("an idle one too", Method.PRE_COPY, c -> c.dirty = 0.0),
        qemu(
            "a small working set fits the first pause whatever the rate",
            Method.PRE_COPY,
            c -> {
              c.dirty = 900.0;
              c.workingSet = 14L;
            }),
        qemu(
            "a working set of 80 MiB needs a longer pause",
            Method.LONGER_PAUSE,
            c -> {
              c.dirty = 900.0;
              c.workingSet = 80L;
            }),
        qemu("one that outruns the link waits", null, c -> c.dirty = 400.0),
        qemu(
            "or is slowed down, where that does and is allowed",
            Method.AUTO_CONVERGE,
            c -> {
              c.dirty = 105.0;
              c.workingSet = 2000L;
              c.throttle = 60;
            }),
        qemu(
            "but not one with idle time to make up for that",
            null,
            c -> {
              c.dirty = 105.0;
              c.workingSet = 2000L;
              c.throttle = 60;
              c.cores = 0.3;
            }),
        qemu(
            "or goes by post-copy, where slowing it down does not do",
            Method.POST_COPY,
            c -> {
              c.dirty = 400.0;
              c.workingSet = 900L;
              c.throttle = 60;
              c.postCopy = true;
            }),
        qemu(
            "or is stopped, where that is allowed",
            Method.NOT_LIVE,
            c -> {
              c.dirty = 400.0;
              c.notLive = true;
            }),
        qemu(
            "post-copy is no way where the host cannot",
            null,
            c -> {
              c.dirty = 400.0;
              c.postCopy = true;
              c.missing.put(Lever.POST_COPY, "it has no userfaultfd");
            }),
        qemu(
            "a guess keeps nothing from moving: no dirty rate",
            Method.PRE_COPY,
            c -> {
              c.dirty = null;
              c.cores = 64;
            }),
        qemu(
            "a guess keeps nothing from moving: no bandwidth",
            Method.PRE_COPY,
            c -> {
              c.dirty = 400.0;
              c.learnt = false;
              c.postCopy = true;
            }),
        qemu(
            "ballooning saves time on a slow link",
            Method.BALLOON_FIRST,
            c -> {
              c.used = 300L;
              c.ballooning = true;
            }),
        qemu(
            "and none on a fast one",
            Method.PRE_COPY,
            c -> {
              c.used = 300L;
              c.ballooning = true;
              c.bandwidth = 1000;
            }),
        qemu(
            "ballooning is not worth it for a tenth",
            Method.PRE_COPY,
            c -> {
              c.used = 780L;
              c.ballooning = true;
            }),
        qemu(
            "several connections where the policy says so",
            Method.PARALLEL,
            c -> c.connections = 4),
        qemu(
            "a limit on the bandwidth counts",
            Method.LONGER_PAUSE,
            c -> {
              c.dirty = 900.0;
              c.workingSet = 14L;
              c.limit = 20.0;
            }),
        qemu("a deadline that none keeps", null, c -> c.deadline = Duration.ofSeconds(2)),
        qemu("a working set of nothing", Method.PRE_COPY, c -> c.workingSet = 0L),
        qemu(
            "a pause of nothing is not kept by a writer at nearly the link's rate",
            null,
            c -> {
              c.slo = Duration.ZERO;
              c.dirty = 95.0;
              c.workingSet = 2000L;
            }),
        xen("a quiet VM goes live", Method.PRE_COPY, c -> c.cores = 0.1),
        xen(
            "a busy one that may be capped is",
            Method.CAPPED,
            c -> {
              c.cores = 8;
              c.cap = 10;
            }),
        xen("what none does goes by what pauses it least", Method.PRE_COPY, c -> c.cores = 8),
        xen(
            "stopping it is no way out, since the copy always ends",
            Method.PRE_COPY,
            c -> {
              c.cores = 8;
              c.notLive = true;
            }),
        xen(
            "a small guest on a fast link may be stopped within what is accepted",
            Method.NOT_LIVE,
            c -> {
              c.has = 800;
              c.cores = 300;
              c.bandwidth = 1000;
              c.slo = Duration.ofMillis(820);
              c.notLive = true;
              c.dirty = 5000.0;
              c.workingSet = 8000L;
            }),
        xen(
            "the least memory that somebody set is what it is ballooned to",
            Method.BALLOON_FIRST,
            c -> {
              c.bandwidth = 25;
              c.cores = 0.1;
              c.ballooning = true;
              c.least = 400L;
              c.slo = Duration.ofSeconds(3);
            }));
  }

  @ParameterizedTest
  @MethodSource("table")
  void chooses(Cases cases, @Nullable Method expected) {
    var choice = MethodChoice.of(cases.facts());
    System.out.println(choice + "\n  " + MethodText.why(choice));
    if (expected == null) {
      assertThat(choice).isInstanceOf(Choice.Wait.class);
    } else {
      assertThat(choice)
          .isInstanceOfSatisfying(
              Choice.Move.class, m -> assertThat(m.method()).isEqualTo(expected));
    }
  }

  @Test
  void balloonsNeverBelowWhatIsUsedAndAFifthNorBelowTheFloor() {
    var cases = Cases.qemu();
    cases.ballooning = true;
    cases.used = 300L;
    assertThat(moved(cases).levers().balloonTo()).isEqualTo(Memory.ofMiB(360));
    cases.least = 512L;
    assertThat(moved(cases).levers().balloonTo()).isEqualTo(Memory.ofMiB(512));
    cases.least = null;
    cases.used = 10L;
    assertThat(moved(cases).levers().balloonTo()).isEqualTo(MethodChoice.FLOOR);
  }

  /** It may have swapped with what it was left. */
  @Test
  void doesNotBalloonByAnotherMethodWhatBallooningDidNotDoFor() {
    var cases = Cases.qemu();
    cases.ballooning = true;
    cases.used = 300L;
    cases.tried =
        new Facts.Tried(
            Map.of(Method.XBZRLE, ByteRate.ofMiB(1), Method.BALLOON_FIRST, ByteRate.ofMiB(1)),
            false);
    assertThat(moved(cases).method()).isEqualTo(Method.PRE_COPY);
    assertThat(moved(cases).levers().balloonTo()).isNull();
  }

  @Test
  void doesNotBalloonWhereNobodyKnowsTheLeast() {
    var cases = Cases.xen();
    cases.cores = 0.1;
    cases.ballooning = true;
    assertThat(moved(cases).method()).isEqualTo(Method.PRE_COPY);
    var asked = MethodChoice.askedFor(Method.BALLOON_FIRST, cases.facts());
    assertThat(asked.considered())
        .containsExactly(new Considered(Method.BALLOON_FIRST, new Verdict.LeastUnknown()));
    assertThat(MethodText.wait("web-07", (Choice.Wait) asked))
        .isEqualTo(
            "web-07 was not moved, since no method that is allowed does it. Balloon first, then"
                + " pre-copy: it does not tell what it uses, and nobody set the least memory that"
                + " it needs. Maybe try again when it is quieter.");
  }

  /** It gives back what it freed, which is what its earlier moves sent beyond what it uses. */
  @Test
  void expectsOfABalloonedMoveNoMoreThanTheModelSays() {
    var cases = Cases.qemu();
    cases.ballooning = true;
    cases.used = 300L;
    var usual = expectedOf(Method.BALLOON_FIRST, cases, 1);
    assertThat(expectedOf(Method.BALLOON_FIRST, cases, 1.8)).isEqualTo(usual);
    assertThat(expectedOf(Method.BALLOON_FIRST, cases, 0.8)).isLessThan(usual);
    assertThat(expectedOf(Method.PRE_COPY, cases, 1.8))
        .isGreaterThan(expectedOf(Method.PRE_COPY, cases, 1));
  }

  private static Duration expectedOf(Method method, Cases cases, double bias) {
    cases.bias = bias;
    return ((Choice.Move) MethodChoice.askedFor(method, cases.facts())).expected().total();
  }

  /** Whatever least memory is set: it may use more than that. */
  @Test
  void doesNotBalloonAQemuGuestThatDoesNotTellWhatItUses() {
    var cases = Cases.qemu();
    cases.ballooning = true;
    cases.used = null;
    cases.least = 200L;
    assertThat(moved(cases).levers().balloonTo()).isNull();
    var asked = MethodChoice.askedFor(Method.BALLOON_FIRST, cases.facts());
    assertThat(MethodText.wait("web-07", (Choice.Wait) asked))
        .contains("it does not tell what it uses now");
  }

  @Test
  void aGuessIsGivenAllAllowedLevers() {
    var cases = Cases.qemu();
    cases.learnt = false;
    cases.postCopy = true;
    cases.throttle = 60;
    var levers = moved(cases).levers();
    assertThat(levers.postCopy()).isTrue();
    assertThat(levers.throttle()).isEqualTo(60);
    assertThat(levers.pause()).isEqualTo(MethodChoice.FIRST_PAUSE);
    cases.connections = 2;
    assertThat(moved(cases).levers().postCopy()).as("never with several connections").isFalse();
  }

  @Test
  void whatIsAskedForIsDoneWhateverIsExpectedOfIt() {
    var cases = Cases.qemu();
    cases.dirty = 4000.0;
    var plain = (Choice.Move) MethodChoice.askedFor(Method.PRE_COPY, cases.facts());
    assertThat(plain.levers()).as("as the hypervisor does it").isEqualTo(Levers.NONE);
    assertThat(plain.expected().ends()).isFalse();
    assertThat(MethodText.why(plain)).isEqualTo("Pre-copy, as asked for.");
    cases.limit = 20.0;
    var limited = (Choice.Move) MethodChoice.askedFor(Method.PRE_COPY, cases.facts());
    assertThat(limited.levers()).isEqualTo(Levers.NONE.withBandwidth(ByteRate.ofMiB(20)));
  }

  /** Without opting in, no lever that may hurt the guest is used, asked for or not. */
  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"BALLOON_FIRST", "CAPPED", "AUTO_CONVERGE", "POST_COPY", "NOT_LIVE"})
  void refusesWhatWasNotOptedInto(Method method) {
    var cases = Cases.qemu();
    cases.missing.clear();
    assertThat(MethodChoice.askedFor(method, cases.facts()).considered())
        .containsExactly(new Considered(method, new Verdict.NotAllowed()));
    cases.dirty = 4000.0;
    assertThat(MethodChoice.of(cases.facts())).isInstanceOf(Choice.Wait.class);
  }

  @Test
  void theCompressionCacheHoldsTheWorkingSet() {
    var cases = Cases.qemu();
    cases.workingSet = 170L;
    var move = (Choice.Move) MethodChoice.askedFor(Method.XBZRLE, cases.facts());
    assertThat(move.levers().cache()).isEqualTo(Memory.ofMiB(256));
    // 256 MiB that are written round in a little more than the window
    cases.workingSet = 238L;
    move = (Choice.Move) MethodChoice.askedFor(Method.XBZRLE, cases.facts());
    assertThat(move.levers().cache()).isEqualTo(Memory.ofMiB(512));
    cases.workingSet = 1L;
    move = (Choice.Move) MethodChoice.askedFor(Method.XBZRLE, cases.facts());
    assertThat(move.levers().cache()).isEqualTo(Memory.ofMiB(64));
  }

  /** Whether changes compress shows in a copy alone: it is tried where nothing else does. */
  @Test
  void compressionIsTriedLastAndKeptWhereItDid() {
    var cases = Cases.qemu();
    cases.dirty = 400.0;
    cases.tried = Facts.Tried.NOTHING;
    var trial = moved(cases);
    assertThat(trial.method()).isEqualTo(Method.XBZRLE);
    assertThat(trial.measured()).isFalse();
    assertThat(MethodText.why(trial)).contains("it is tried, and given up if it does not.");
    assertThat(trial.expected().downtime())
        .as("a tenth of the second that whole pages may take, and the route's own 50 ms")
        .isEqualTo(Duration.ofMillis(150));
    cases.notLive = true;
    assertThat(moved(cases).method()).as("before it is stopped").isEqualTo(Method.XBZRLE);
    cases.notLive = false;
    cases.postCopy = true;
    assertThat(moved(cases).method()).as("something else does").isEqualTo(Method.POST_COPY);
    cases.tried = new Facts.Tried(Map.of(), true);
    assertThat(moved(cases).method()).as("without post-copy's risk").isEqualTo(Method.XBZRLE);
    cases.workingSet = 600L;
    assertThat(moved(cases).method()).as("1 GiB of cache").isEqualTo(Method.POST_COPY);
    cases.postCopy = false;
    cases.tried = Cases.GIVEN_UP;
    cases.workingSet = 200L;
    assertThat(MethodChoice.of(cases.facts())).isInstanceOf(Choice.Wait.class);
    cases.dirty = 10.0;
    assertThat(moved(cases).method()).isEqualTo(Method.PRE_COPY);
  }

  /** What did not do is not done again before the VM changes less. */
  @Test
  void aMethodThatWasGivenUpIsPassedOverUntilItIsQuieter() {
    var cases = Cases.qemu();
    cases.tried = new Facts.Tried(Map.of(Method.PRE_COPY, ByteRate.ofMiB(10)), false);
    var next = moved(cases);
    assertThat(next.method()).isEqualTo(Method.LONGER_PAUSE);
    assertThat(MethodText.why(next)).startsWith("Pre-copy: did not do when it was tried last.");
    cases.dirty = 7.0;
    assertThat(moved(cases).method()).isEqualTo(Method.PRE_COPY);
  }

  @Test
  void aCopyThatWouldJustEndIsNotCountedOn() {
    var cases = Cases.qemu();
    cases.dirty = 90.0;
    cases.slo = Duration.ofMillis(100);
    cases.postCopy = true;
    assertThat(moved(cases).method()).isEqualTo(Method.PRE_COPY);
    cases.rough = 1.2;
    assertThat(moved(cases).method()).isEqualTo(Method.POST_COPY);
  }

  @Test
  void saysInWordsWhyAVmWaits() {
    var cases = Cases.qemu();
    cases.dirty = 400.0;
    var wait = (Choice.Wait) MethodChoice.of(cases.facts());
    assertThat(MethodText.wait("web-07", wait))
        .startsWith("web-07 was not moved, since no method that is allowed does it. Pre-copy: ")
        .contains("would not end, since it changes memory too fast.")
        .endsWith(
            "Maybe try again when it is quieter, or allow it: pre-copy over several connections;"
                + " balloon first, then pre-copy; pre-copy that slows it down; post-copy; stop and"
                + " copy.");
  }

  /** More time between the hosts' choices and a better link never make a method worse. */
  @Test
  void aFasterLinkNeverMakesItSlower() {
    var cases = Cases.qemu();
    cases.dirty = 60.0;
    var before = Duration.ofDays(1);
    for (double bandwidth = 50; bandwidth <= 2000; bandwidth += 50) {
      cases.bandwidth = bandwidth;
      var expected =
          ((Choice.Move) MethodChoice.askedFor(Method.PRE_COPY, cases.facts())).expected();
      if (expected.ends()) {
        assertThat(expected.total()).isLessThanOrEqualTo(before);
        before = expected.total();
      }
    }
    assertThat(before).isLessThan(Duration.ofSeconds(1));
  }

  private static Choice.Move moved(Cases cases) {
    return (Choice.Move) MethodChoice.of(cases.facts());
  }
}
