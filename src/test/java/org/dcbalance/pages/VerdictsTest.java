package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.Test;

class VerdictsTest {
  private static final Instant NOW = Instant.parse("2026-03-02T14:02:00Z");
  private static final Shell SHELL =
      new Shell(
          "overview",
          "light",
          "amy",
          "viewer",
          false,
          false,
          List.of(),
          null,
          0,
          0,
          NOW,
          false,
          false,
          null,
          "/");

  private final Verdicts verdicts = new Verdicts(new Format());

  @Test
  void speaksOfThePoolThatIsWatchedBeforeOneThatIsPaused() {
    var verdict =
        verdicts.of(SHELL, List.of(board(1, "east-1", true), board(2, "east-2", false)), List.of());
    assertThat(verdict.state()).isEqualTo(Verdict.State.BALANCED);
    assertThat(verdict.sentence()).isEqualTo("east-2 is balanced");
    assertThat(verdict.detail()).endsWith(" east-1 is paused.");
  }

  @Test
  void saysThatAPoolIsPausedWhereNoOtherIsShown() {
    var verdict = verdicts.of(SHELL, List.of(board(1, "east-1", true)), List.of());
    assertThat(verdict.state()).isEqualTo(Verdict.State.PAUSED);
    assertThat(verdict.sentence()).isEqualTo("east-1 is paused");
  }

  private static Board board(long id, String pool, boolean paused) {
    return new Board(
        new PoolId(id),
        pool,
        HostPool.Automation.MANUAL,
        paused,
        0.15,
        new Board.RoundLine(
            7,
            NOW,
            "DCbalance",
            Duration.ofMinutes(10),
            "Balanced.",
            null,
            Duration.ofMillis(1),
            NOW.plusSeconds(60)),
        new Board.Facts(0.08, 0.15, 0.08, Memory.ZERO, Duration.ZERO, Duration.ZERO, 0),
        null,
        null,
        0,
        0,
        List.of());
  }
}
