package org.dcbalance.evacuation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.dcbalance.evacuation.EvacuationRows.Try;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

class TriesTest {
  private static final Instant ENDED = Instant.parse("2026-11-28T12:00:00Z");
  private static final Try FAILED = ended(1, MigrationState.FAILED, false);
  private static final Try GIVEN_UP = ended(2, MigrationState.ABORTED, true);
  private static final Try REFUSED = ended(3, MigrationState.REFUSED, false);
  private static final Try RUNS = ended(4, MigrationState.RUNNING, false);

  @Test
  void whatFailedOrWasGivenUpIsTriedThreeTimes() {
    assertThat(tries().givenUp()).isNull();
    assertThat(tries(FAILED).goesOnAfter(1)).isTrue();
    var two = tries(FAILED, GIVEN_UP);
    assertThat(two.goesOnAfter(1)).as("it was tried again").isFalse();
    assertThat(two.goesOnAfter(2)).isTrue();
    assertThat(two.ended()).isEqualTo(2);
    var three = tries(FAILED, GIVEN_UP, REFUSED);
    assertThat(three.goesOnAfter(3)).isFalse();
    assertThat(three.givenUp()).isEqualTo("It was tried 3 times. It stayed.");
  }

  @Test
  void whatAPersonEndedIsNotTriedAgain() {
    var tries = tries(FAILED, ended(5, MigrationState.ABORTED, false));
    assertThat(tries.givenUp()).contains("was aborted");
    assertThat(tries.goesOnAfter(5)).isFalse();
  }

  @Test
  void restsWhileItIsUnderWayAndLongerAfterEachFailure() {
    assertThat(tries().rests(ENDED)).isFalse();
    assertThat(tries(FAILED, RUNS).rests(ENDED.plusSeconds(900))).isTrue();
    assertThat(tries(FAILED).rests(ENDED.plusSeconds(29))).isTrue();
    assertThat(tries(FAILED).rests(ENDED.plusSeconds(30))).isFalse();
    assertThat(tries(FAILED, GIVEN_UP).rests(ENDED.plusSeconds(59))).isTrue();
    assertThat(tries(FAILED, GIVEN_UP).rests(ENDED.plusSeconds(60))).isFalse();
  }

  static Tries tries(Try... each) {
    return new Tries(List.of(each));
  }

  static Try ended(long migration, MigrationState state, boolean givenUp) {
    return new Try(
        migration, new VmId(1), state, givenUp, "It stayed.", state.ended() ? ENDED : null);
  }
}
