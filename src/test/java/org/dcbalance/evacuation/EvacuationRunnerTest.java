package org.dcbalance.evacuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

class EvacuationRunnerTest {
  private static final List<EvacuationRows.Row> OPEN =
      Stream.of(1L, 2L)
          .map(
              id ->
                  new EvacuationRows.Row(
                      id,
                      new HostId(id),
                      Evacuations.State.OPEN,
                      1,
                      "ann",
                      Instant.EPOCH,
                      null,
                      null,
                      List.of()))
          .toList();

  @Test
  void oneThatCannotGoOnKeepsNoOtherFromIt() {
    for (var trouble :
        List.of(
            new Problem(ErrorCode.NOT_FOUND, "It is gone.", null),
            new IllegalStateException("Of the test."))) {
      assertThat(begun(trouble)).containsExactly(1L, 2L);
    }
  }

  @Test
  void noneGoesOnWithoutTheDatabase() {
    assertThatThrownBy(() -> begun(new CannotGetJdbcConnectionException("Of the test.")))
        .isInstanceOf(CannotGetJdbcConnectionException.class);
  }

  private static List<Long> begun(RuntimeException trouble) {
    var begun = new ArrayList<Long>();
    EvacuationRunner.each(
        OPEN,
        row -> {
          begun.add(row.id());
          throw trouble;
        });
    return begun;
  }
}
