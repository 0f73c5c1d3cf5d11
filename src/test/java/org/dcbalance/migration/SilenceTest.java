package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SilenceTest {
  private static final long USUAL = nanos(12);

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Find the silence in answers that came at these times, in milliseconds, from 100 ms on. */
  private static Silence from100(long... millis) {
    var answers =
        LongStream.of(millis)
            .mapToObj(SilenceTest::nanos)
            .collect(Collectors.toCollection(TreeSet::new));
    return Silence.between(answers, nanos(100), nanos(10_000), USUAL);
  }

  @Test
  void addsUpAllGaps() {
    assertThat(from100(90, 100, 1000, 1010, 1510, 1520))
        .isEqualTo(new Silence(nanos(900), nanos(1400)));
  }

  @Test
  void countsAGapThatBeganBeforeAndEndedWithin() {
    assertThat(from100(80, 130, 140)).isEqualTo(new Silence(nanos(50), nanos(50)));
  }

  @Test
  void countsNoGapBefore() {
    assertThat(from100(10, 99, 109, 119)).isEqualTo(new Silence(0, 0));
  }

  @Test
  void isNothingWhereNoGapWasLongerThanUsual() {
    assertThat(from100(90, 100, 112, 124, 136)).isEqualTo(new Silence(0, 0));
  }

  @Test
  void doesNotAddUpLateAnswers() {
    var lateOnes = LongStream.range(0, 500).map(i -> 100 + 15 * i).toArray();
    assertThat(from100(lateOnes))
        .as("500 gaps of 15 ms")
        .isEqualTo(new Silence(nanos(15), nanos(15)));
  }

  @Test
  void countsNothingThatIsUsualForAGuest() {
    var answers = new TreeSet<>(List.of(nanos(0), nanos(300), nanos(500), nanos(700), nanos(1700)));
    assertThat(Silence.between(answers, nanos(310), nanos(2000), nanos(300)))
        .isEqualTo(new Silence(nanos(1000), nanos(1000)));
  }
}
