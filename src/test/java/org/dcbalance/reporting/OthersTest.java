package org.dcbalance.reporting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OthersTest {
  @Test
  void sixLinesStayAsTheyAre() {
    var six = lines("share", 6);
    assertThat(Others.folded(six)).isSameAs(six);
  }

  @Test
  void theHighestStayByNameAndSharesOfTheRestAreAveraged() {
    var folded = Others.folded(lines("share", 9));
    assertThat(folded)
        .extracting(Chart.Series::title)
        .containsExactly("h4", "h5", "h6", "h7", "h8", "h9", "3 others, mean");
    // of 1, 2 and 3; at the second instant the third has no sample
    assertThat(folded.getLast().points()).containsExactly(List.of(1000L, 2.0), List.of(2000L, 1.5));
  }

  @Test
  void whatAddsUpIsAdded() {
    var folded = Others.folded(lines("cores", 9));
    assertThat(folded.getLast().title()).isEqualTo("3 others, together");
    assertThat(folded.getLast().points()).containsExactly(List.of(1000L, 6.0), List.of(2000L, 3.0));
    assertThat(Others.folded(lines("cores", 7)).getLast().title()).isEqualTo("1 other");
  }

  /** Line n is at n, at two instants; the third has no sample at the second one. */
  private static List<Chart.Series> lines(String unit, int many) {
    return IntStream.rangeClosed(1, many)
        .mapToObj(
            n ->
                new Chart.Series(
                    "host-" + n,
                    "h" + n,
                    unit,
                    n == 3
                        ? List.of(List.of(1000L, 3.0))
                        : List.of(List.of(1000L, (double) n), List.of(2000L, (double) n)),
                    null))
        .toList();
  }
}
