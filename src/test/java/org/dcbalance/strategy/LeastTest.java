package org.dcbalance.strategy;

import static java.util.Comparator.comparingDouble;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class LeastTest {
  @RepeatedTest(200)
  void itGivesWhatAWholeOrderWouldBeginWith(RepetitionInfo repetition) {
    var random = new Random(repetition.getCurrentRepetition());
    // few different values, so that many are equal
    var values = random.ints(random.nextInt(40), 0, 12).toArray();
    int most = 1 + random.nextInt(10);
    var expected =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(comparingDouble((Integer index) -> values[index]))
            .limit(most)
            .toList();
    assertThat(Least.of(values.length, most, index -> values[index])).isEqualTo(expected);
  }
}
