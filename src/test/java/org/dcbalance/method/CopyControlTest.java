package org.dcbalance.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.method.CopyControl.Seen;
import org.dcbalance.method.CopyControl.Step;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Feeds courses of copies, a pass a second at 100 MiB/s, and looks at what is done about them. */
class CopyControlTest {
  private static final Step GO_ON = new Step.GoOn();

  private static Cases cases() {
    var cases = Cases.qemu();
    cases.dirty = 60.0;
    return cases;
  }

  private static CopyControl control(Cases cases, Method method) {
    var facts = cases.facts();
    return new CopyControl((Choice.Move) MethodChoice.askedFor(method, facts), facts);
  }

  private static CopyControl chosen(Cases cases) {
    cases.learnt = false;
    var facts = cases.facts();
    return new CopyControl((Choice.Move) MethodChoice.of(facts), facts);
  }

  private static Seen seen(int second, long remainingMiB, int throttle) {
    return seen(second, second, remainingMiB, throttle, null);
  }

  /** One second of a copy's second pass; it must have ended so many seconds later. */
  private static Seen until(int left, int second, long remainingMiB) {
    return seen(2, second, remainingMiB, 0, Duration.ofSeconds(left));
  }

  /** One moment of a pass. */
  private static Seen during(int pass, int second, long remainingMiB) {
    return seen(pass, second, remainingMiB, 0, null);
  }

  private static Seen seen(
      int pass, int second, long remainingMiB, int throttle, @Nullable Duration left) {
    return new Seen(
        Duration.ofSeconds(second),
        Memory.ofMiB(100L * second),
        Memory.ofMiB(remainingMiB),
        ByteRate.ofMiB(100),
        pass,
        throttle,
        false,
        left);
  }

  @Test
  void switchesToPostCopyWhileTheRestCanStillArriveByTheDeadline() {
    var cases = cases();
    cases.postCopy = true;
    var control = chosen(cases);
    assertThat(control.next(until(12, 1, 800))).isEqualTo(GO_ON);
    assertThat(control.next(until(10, 2, 800)))
        .isInstanceOfSatisfying(
            Step.SwitchToPostCopy.class,
            s ->
                assertThat(s.why())
                    .isEqualTo(
                        "10 s are left until its deadline, and what remains to be sent takes 8.0 s."));
  }

  @Test
  void givesUpWhatCannotArriveByTheDeadlineOnceThatIsClear() {
    var control = chosen(cases());
    assertThat(control.next(until(7, 1, 1000))).as("it may still do").isEqualTo(GO_ON);
    for (int second = 2; second < 7; second++) {
      assertThat(control.next(until(9 - second, second, 2000))).isEqualTo(GO_ON);
    }
    assertThat(control.next(until(2, 7, 2000)))
        .isInstanceOfSatisfying(Step.GiveUp.class, up -> assertThat(up.late()).isTrue());
    var dips = chosen(cases());
    for (int second = 1; second < 20; second++) {
      assertThat(dips.next(until(8, second, second % 4 == 0 ? 700 : 2000))).isEqualTo(GO_ON);
    }
  }

  @Test
  void judgesTheFirstPassByWhatIsInUseAndNotByWhatWasNeverTouched() {
    var cases = cases();
    cases.has = 8000;
    // 80 s if all of it were in use
    goesOn(chosen(cases), 7, 15);
    cases.postCopy = true;
    goesOn(chosen(cases), 7, 15);
    // it uses more than is known
    goesOn(chosen(cases), 11, 20);
    var slow = chosen(cases());
    for (int second = 1; second < 6; second++) {
      assertThat(slow.next(first(second, 10 * second, 800 - 10 * second, 10, 40))).isEqualTo(GO_ON);
    }
    assertThat(slow.next(first(6, 60, 740, 10, 40))).isInstanceOf(Step.GiveUp.class);
  }

  @Test
  void judgesNothingByTheRateInMemoryThatWasNeverTouched() {
    var cases = cases();
    cases.has = 80_000;
    var control = chosen(cases);
    for (int second = 1; second < 15; second++) {
      assertThat(control.next(first(second, second, 80_000 - 4000L * second, 1, 60)))
          .isEqualTo(GO_ON);
    }
  }

  /** Look at a first pass over 8,000 MiB for so many seconds. */
  private static void goesOn(CopyControl control, int seconds, int left) {
    for (int second = 1; second <= seconds; second++) {
      assertThat(control.next(first(second, 100 * second, 8000 - 100 * second, 100, left)))
          .isEqualTo(GO_ON);
    }
  }

  /** One second of a first pass. */
  private static Seen first(int second, long sentMiB, long remainingMiB, double rate, int left) {
    return new Seen(
        Duration.ofSeconds(second),
        Memory.ofMiB(sentMiB),
        Memory.ofMiB(remainingMiB),
        ByteRate.ofMiB(rate),
        1,
        0,
        false,
        Duration.ofSeconds(left));
  }

  private static List<Step> stalls(CopyControl control, long remaining, int throttle, int seconds) {
    var steps = new ArrayList<Step>();
    for (int second = 1; second <= seconds; second++) {
      var step = control.next(seen(second, remaining, throttle));
      if (!step.equals(GO_ON)) {
        steps.add(step);
      }
    }
    return steps;
  }

  @Test
  void leavesThePlainRivalAlone() {
    assertThat(stalls(control(cases(), Method.PRE_COPY), 900, 0, 600)).isEmpty();
    var limited = cases();
    limited.limit = 100.0;
    assertThat(stalls(control(limited, Method.PRE_COPY), 900, 0, 600)).isEmpty();
  }

  @Test
  void leavesTheFirstPassesAlone() {
    var control = chosen(cases());
    assertThat(control.next(seen(1, 1000, 0))).isEqualTo(GO_ON);
    assertThat(control.next(seen(2, 80, 0))).isEqualTo(GO_ON);
  }

  @Test
  void allowsThePauseThatIsKnownToDo() {
    var control = chosen(cases());
    control.next(seen(2, 60, 0));
    assertThat(control.next(seen(3, 50, 0)))
        .isInstanceOfSatisfying(
            Step.AllowPause.class, p -> assertThat(p.longest()).isEqualTo(Duration.ofMillis(600)));
  }

  @Test
  void goesUpToWhatIsAcceptedStepByStepAndNotAllAtOnce() {
    var raised = new ArrayList<Duration>();
    for (var step : stalls(chosen(cases()), 500, 0, 20)) {
      if (step instanceof Step.AllowPause(var longest, _)) {
        raised.add(longest);
      }
    }
    assertThat(raised).containsExactly(Duration.ofSeconds(1));
    var cases = cases();
    cases.slo = Duration.ofMillis(100);
    assertThat(stalls(chosen(cases), 60, 0, 8))
        .as("the first pause is what is accepted already")
        .isEmpty();
  }

  @Test
  void givesUpWhatStallsWhereNothingElseIsAllowed() {
    var steps = stalls(chosen(cases()), 500, 0, 60);
    assertThat(steps.getLast())
        .isInstanceOfSatisfying(
            Step.GiveUp.class,
            g ->
                assertThat(g.why())
                    .startsWith("The copy no longer gains: 500 MiB have remained for "));
    assertThat(steps).filteredOn(s -> s instanceof Step.GiveUp).hasSize(1);
  }

  @Test
  void endsWhatStallsAtOneAndAHalfOfThePauseWhereThatDoes() {
    assertThat(stalls(chosen(cases()), 140, 0, 30))
        .contains(
            new Step.AllowPause(
                Duration.ofMillis(1500),
                "The copy no longer gains: 140 MiB have remained for 16 s."));
  }

  @Test
  void switchesToPostCopyWhereThatIsAllowedAndThenTouchesNothing() {
    var cases = cases();
    cases.postCopy = true;
    var steps = stalls(chosen(cases), 500, 0, 300);
    assertThat(steps.getLast()).isInstanceOf(Step.SwitchToPostCopy.class);
    assertThat(steps).filteredOn(s -> s instanceof Step.SwitchToPostCopy).hasSize(1);
  }

  @Test
  void switchesAfterOnePassWhereThatWasThePlan() {
    var cases = cases();
    cases.postCopy = true;
    var control = control(cases, Method.POST_COPY);
    assertThat(control.next(seen(1, 900, 0))).isEqualTo(GO_ON);
    assertThat(control.next(seen(2, 300, 0))).isInstanceOf(Step.SwitchToPostCopy.class);
    assertThat(control.next(seen(3, 300, 0))).isEqualTo(GO_ON);
  }

  @Test
  void switchesInTheFirstPassWhereThatMuchIsEnough() {
    var cases = cases();
    cases.postCopy = true;
    cases.postCopyAfter = 0.5;
    var control = control(cases, Method.POST_COPY);
    long half = new CopyModel(cases.facts()).firstPass(Levers.NONE).bytes() / (2L << 20);
    int second = (int) (half / 100) + 1;
    assertThat(control.next(first(second, half - 1))).isEqualTo(GO_ON);
    assertThat(control.next(first(second, half)))
        .isInstanceOfSatisfying(
            Step.SwitchToPostCopy.class,
            s -> assertThat(s.why()).endsWith("are sent, as planned."));
    assertThat(control(cases, Method.PRE_COPY).next(first(second, half))).isEqualTo(GO_ON);
  }

  /** One moment of the first pass. */
  private static Seen first(int second, long sentMiB) {
    return new Seen(
        Duration.ofSeconds(second),
        Memory.ofMiB(sentMiB),
        Memory.ofMiB(500),
        ByteRate.ofMiB(100),
        1,
        0,
        false,
        null);
  }

  @Test
  void asksAgainForWhatTheHostDidNotDo() {
    var cases = cases();
    cases.postCopy = true;
    var control = control(cases, Method.POST_COPY);
    assertThat(control.next(seen(2, 300, 0))).isInstanceOf(Step.SwitchToPostCopy.class);
    control.failed(Duration.ofSeconds(2));
    assertThat(control.next(seen(4, 300, 0))).isEqualTo(GO_ON);
    assertThat(control.next(seen(8, 300, 0))).isInstanceOf(Step.SwitchToPostCopy.class);
  }

  /** One that was begun without it never switches, and must come to an end all the same. */
  @Test
  void givesUpAStalledCopyThatNeverSwitches() {
    var cases = cases();
    cases.postCopy = true;
    var control = control(cases, Method.POST_COPY);
    int asked = 0;
    Step last = GO_ON;
    for (int second = 2; second < 300 && !(last instanceof Step.GiveUp); second++) {
      last = control.next(seen(second, 300, 0));
      if (last instanceof Step.SwitchToPostCopy) {
        asked++;
        control.failed(Duration.ofSeconds(second));
      }
    }
    assertThat(asked).isEqualTo(3);
    assertThat(last).isInstanceOf(Step.GiveUp.class);
  }

  @Test
  void neverTouchesACopyThatIsInPostCopy() {
    var control = chosen(cases());
    for (int second = 2; second < 500; second++) {
      assertThat(
              control.next(
                  new Seen(
                      Duration.ofSeconds(second),
                      Memory.ofMiB(100L * second),
                      Memory.ofMiB(500),
                      ByteRate.ofMiB(100),
                      3,
                      0,
                      true,
                      null)))
          .isEqualTo(GO_ON);
    }
  }

  @Test
  void keepsTheBoundOfTheThrottle() {
    var cases = cases();
    cases.throttle = 60;
    var control = chosen(cases);
    for (int second = 2; second < 8; second++) {
      assertThat(control.next(seen(second, 900 - 100 * second, 60)))
          .isNotInstanceOf(Step.GiveUp.class);
    }
    assertThat(control.next(seen(8, 400, 70)))
        .isEqualTo(
            new Step.GiveUp(
                "It is slowed down by 70 %, more than the 60 % that are allowed.", false));
  }

  @Test
  void oneThatBeginsToBeSlowedDownShowsWhatThatDoesBeforeItIsGivenUp() {
    var cases = cases();
    cases.has = 64_000;
    cases.used = 64_000L;
    cases.throttle = 60;
    var control = chosen(cases);
    // passes of 200 s each; it is slowed down from the third one on
    int[] throttles = {0, 20, 20, 40, 40, 60};
    for (int pass = 2; pass < 8; pass++) {
      for (int look = 0; look < 4; look++) {
        var step =
            control.next(
                seen(
                    pass,
                    640 + 200 * (pass - 2) + 50 * look,
                    20_000 - 5000L * look,
                    throttles[pass - 2],
                    null));
        assertThat(step).as("pass %d", pass).isNotInstanceOf(Step.GiveUp.class);
      }
    }
    for (int pass = 8; pass < 10; pass++) {
      assertThat(control.next(seen(pass, 640 + 200 * (pass - 2), 20_000, 60, null)))
          .isNotInstanceOf(Step.GiveUp.class);
    }
    assertThat(control.next(seen(10, 640 + 1600, 20_000, 60, null)))
        .as("it did not help, and all of it was tried")
        .isInstanceOf(Step.GiveUp.class);
  }

  @Test
  void aCopyThatGainsIsLeftToItself() {
    var control = chosen(cases());
    long remaining = 900;
    for (int second = 2; remaining > 150; second++) {
      assertThat(control.next(seen(second, remaining, 0))).isNotInstanceOf(Step.GiveUp.class);
      remaining = remaining * 95 / 100;
    }
  }

  @Test
  void oneThatGainsSlowlyIsSwitchedToPostCopyOnceThatIsSeen() {
    var cases = cases();
    cases.postCopy = true;
    assertThat(gains(chosen(cases), 0.95))
        .last()
        .isEqualTo(
            new Step.SwitchToPostCopy(
                "The copy gains too little: 812 MiB were left by its last pass, and 900 MiB two before."));
    assertThat(gains(chosen(cases), 0.95)).as("seen from three passes").hasSize(3);
    assertThat(gains(chosen(cases), 0.6)).noneMatch(s -> s instanceof Step.SwitchToPostCopy);
  }

  @Test
  void oneThatGainsNextToNothingIsSwitchedToPostCopyAPassEarlier() {
    var cases = cases();
    cases.postCopy = true;
    var control = twoPasses(chosen(cases), 902, 898);
    assertThat(control.next(look(3, 1802, 888)))
        .isEqualTo(
            new Step.SwitchToPostCopy(
                "The copy gains next to nothing: 888 MiB were left by its last pass, and 898 MiB by the one before."));
    assertThat(twoPasses(chosen(cases), 940, 860).next(look(3, 1802, 870)))
        .as("the second pass was seen late, and may have begun with more")
        .isNotInstanceOf(Step.SwitchToPostCopy.class);
    assertThat(twoPasses(chosen(cases), 902, 898).next(look(4, 1850, 890)))
        .as("the pass between was not seen")
        .isNotInstanceOf(Step.SwitchToPostCopy.class);
    assertThat(twoPasses(control(cases, Method.XBZRLE), 902, 898).next(look(3, 1802, 888)))
        .as("pages are sent whole for once, whatever compresses later")
        .isNotInstanceOf(Step.SwitchToPostCopy.class);
  }

  /** Have it look at a copy up to the end of its second pass. */
  private static CopyControl twoPasses(CopyControl control, long sentMiB, long remainingMiB) {
    assertThat(control.next(look(1, 890, 10))).isEqualTo(GO_ON);
    assertThat(control.next(look(2, sentMiB, remainingMiB))).isEqualTo(GO_ON);
    assertThat(control.next(look(2, 1790, 10))).isEqualTo(GO_ON);
    return control;
  }

  /** One moment of a copy on a link that carries 100 MiB per second. */
  private static Seen look(int pass, long sentMiB, long remainingMiB) {
    return new Seen(
        Duration.ofMillis(sentMiB * 10),
        Memory.ofMiB(sentMiB),
        Memory.ofMiB(remainingMiB),
        ByteRate.ofMiB(100),
        pass,
        0,
        false,
        null);
  }

  @Test
  void oneThatIsSlowedDownFurtherMayGainMore() {
    var cases = cases();
    cases.postCopy = true;
    cases.throttle = 60;
    assertThat(gains(chosen(cases), 0.95)).noneMatch(s -> s instanceof Step.SwitchToPostCopy);
  }

  /** What is done about passes that shrink by the same share from the second one on, for ten. */
  private static List<Step> gains(CopyControl control, double share) {
    var steps = new ArrayList<Step>();
    double remaining = 900;
    for (int pass = 2; pass < 12; pass++) {
      steps.add(control.next(seen(pass, Math.round(remaining), 0)));
      if (steps.getLast() instanceof Step.SwitchToPostCopy) {
        break;
      }
      remaining *= share;
    }
    return steps;
  }

  @Test
  void oneThatGainsFastIsNotPausedForLonger() {
    var control = chosen(cases());
    for (int pass = 2; pass < 8; pass++) {
      assertThat(control.next(seen(pass, 1600 >> pass, 0))).isEqualTo(GO_ON);
    }
  }

  @Test
  void onePassThatGainsLittleBehindOneThatGainedMuchIsNoReasonForALongerPause() {
    var control = chosen(cases());
    long[] passes = {800, 400, 320, 160, 130};
    for (int pass = 0; pass < passes.length; pass++) {
      assertThat(control.next(seen(2 + pass, passes[pass], 0))).isEqualTo(GO_ON);
    }
    assertThat(control.next(seen(7, 110, 0)))
        .as("two in a row are")
        .isInstanceOf(Step.AllowPause.class);
  }

  /** A large guest's passes take longer than a stall may last. */
  @Test
  void aPassThatIsStillBeingSentIsNoStall() {
    var control = chosen(cases());
    for (int second = 100; second < 150; second++) {
      assertThat(control.next(during(2, second, 5000 - 100 * (second - 100)))).isEqualTo(GO_ON);
    }
    for (int second = 150; second < 180; second++) {
      assertThat(control.next(during(3, second, 3000 - 100 * (second - 150))))
          .as("and, while it gains so much, no reason for a longer pause")
          .isEqualTo(GO_ON);
    }
    assertThat(control.next(during(4, 180, 2990)))
        .as("the pass after it tells")
        .isInstanceOf(Step.GiveUp.class);
  }

  @Test
  void aPassThatTakesTwiceAsLongAsItShouldStalls() {
    var control = chosen(cases());
    assertThat(control.next(during(2, 100, 5000))).isEqualTo(GO_ON);
    assertThat(control.next(during(2, 199, 5000))).isEqualTo(GO_ON);
    assertThat(control.next(during(2, 201, 5000))).isInstanceOf(Step.GiveUp.class);
  }

  @Test
  void whatWasLeftOfAPassThatSomebodyElseBeganIsNotTakenForAllOfIt() {
    var cases = cases();
    cases.postCopy = true;
    var facts = cases.facts();
    var control = CopyControl.joining((Choice.Move) MethodChoice.of(facts), facts);
    assertThat(control.next(during(4, 100, 300))).isEqualTo(GO_ON);
    assertThat(control.next(during(5, 103, 1770))).isEqualTo(GO_ON);
    assertThat(control.next(during(6, 121, 1060))).isEqualTo(GO_ON);
    assertThat(control.next(during(7, 132, 1000))).isInstanceOf(Step.SwitchToPostCopy.class);
  }

  @Test
  void oneThatStallsIsSwitchedToPostCopyBeforeItIsPausedForLongerThanAccepted() {
    var cases = cases();
    cases.postCopy = true;
    var steps = stalls(chosen(cases), 140, 0, 30);
    assertThat(steps.getLast()).isInstanceOf(Step.SwitchToPostCopy.class);
    assertThat(steps)
        .noneMatch(
            s -> s instanceof Step.AllowPause(var longest, _) && longest.compareTo(cases.slo) > 0);
  }

  @Test
  void aHostThatCannotAbortIsNotAskedTo() {
    var cases = cases();
    cases.missing.put(Lever.ABORT, "no call");
    assertThat(stalls(chosen(cases), 500, 0, 200)).noneMatch(s -> s instanceof Step.GiveUp);
  }
}
