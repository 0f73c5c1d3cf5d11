package org.dcbalance.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestTest {
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 30", "2, 60", "3, 120", "4, 240", "5, 360", "6, 360", "5000, 360"})
  void doublesWithEachMoveUpToTheMost(int times, int minutes) {
    assertThat(MigrationRecords.rest(times, Duration.ofMinutes(30), Duration.ofHours(6)))
        .isEqualTo(Duration.ofMinutes(minutes));
  }
}
