package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.UUID;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class UndoTest {
  private static final Undo ALL =
      new Undo(25, Memory.ofMiB(512), Duration.ofMillis(300), 512, true);

  @Test
  void readsWhatItWrote() {
    assertThat(ALL.text()).isEqualTo("cap=25 memory=536870912 pause=300 weight=512 autostart=1");
    assertThat(Undo.parse(ALL.text())).isEqualTo(ALL);
    var uncapped = new Undo(0, null, null, null, false);
    assertThat(Undo.parse(uncapped.text())).isEqualTo(uncapped);
    assertThat(uncapped.isEmpty()).as("no cap is something to put back").isFalse();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {"", "cap", "cap=", "cap=-1", "=5", "speed=256", "memory=many", "autostart=0"})
  void takesNothingForWhatItDoesNotUnderstand(@Nullable String text) {
    assertThat(Undo.parse(text)).isEqualTo(Undo.NOTHING);
  }

  @Test
  void readsWhatEarlierConsolesWrote() {
    var less = new Undo(25, Memory.ofMiB(512), Duration.ofMillis(300), null, false);
    assertThat(Undo.parse("cap=25 memory=536870912 pause=300")).isEqualTo(less);
    assertThat(less.text()).isEqualTo("cap=25 memory=536870912 pause=300");
  }

  @Test
  void isPartOfTheMarkThatTravelsWithTheGuest() {
    var mark = JobMark.text(new UUID(0, 1), 7, 3, ALL);
    assertThat(mark)
        .isEqualTo(
            "dcbalance migration=7 epoch=3 installation=00000000-0000-0000-0000-000000000001 was"
                + " cap=25 memory=536870912 pause=300 weight=512 autostart=1");
    assertThat(JobMark.read(mark)).contains(new JobMark.Written(new UUID(0, 1), ALL));
    assertThat(new JobMark(7, mark).covers(mark)).isTrue();
    assertThat(new JobMark(7, mark).names(JobMark.text(new UUID(0, 1), 7, 4, Undo.NOTHING)))
        .isTrue();
  }
}
