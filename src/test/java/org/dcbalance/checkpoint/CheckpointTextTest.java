package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;

class CheckpointTextTest {
  @Test
  void whyOneIsTakenIsNoLongerThanAListHasRoomFor() {
    assertThat(CheckpointText.why("  Before the upgrade ")).isEqualTo("Before the upgrade");
    assertThat(CheckpointText.why(" ")).isEqualTo("Asked for by hand.");
    assertThat(CheckpointText.why("x".repeat(500))).hasSize(500);
    assertThatThrownBy(() -> CheckpointText.why("x".repeat(501)))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("at most 500 characters");
  }
}
