package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds for a VM: its own options, over those of its pool. */
class MoveOptionsTest {
  @ParameterizedTest
  @CsvSource({
    "     ,      ,      false",
    "     , true ,      true",
    "     , false,      false",
    "true ,      ,      true",
    "true , false,      true",
    "false, true ,      true",
    "false,      ,      false",
    "false, false,      false"
  })
  void encryptionIsAsTheStricterOfBothHasIt(
      @Nullable Boolean vm, @Nullable Boolean pool, boolean holds) {
    assertThat(encrypted(vm).over(encrypted(pool)).over(MoveOptions.DEFAULTS).encrypted())
        .isEqualTo(holds);
  }

  @Test
  void theOthersAreTheVmsOwnWhereItHasAny() {
    var pool = options(false, 100);
    assertThat(options(true, null).over(pool)).isEqualTo(options(true, 100));
    assertThat(options(null, 900).over(pool)).isEqualTo(options(false, 900));
  }

  @Test
  void aVmMayTakeLongerThanItsPoolAllows() {
    assertThat(longest(90).over(longest(10)).longestMinutes()).isEqualTo(90);
    assertThat(longest(null).over(longest(10)).longestMinutes()).isEqualTo(10);
    assertThat(MoveOptions.NONE.over(MoveOptions.DEFAULTS).longestMinutes()).isNull();
  }

  @Test
  void aMoveMayTakeFromAMinuteToAWeek() {
    for (var fits : new Integer[] {null, 1, 10_080}) {
      assertThat(longest(fits).checked().longestMinutes()).isEqualTo(fits);
    }
    for (int out : new int[] {-1, 0, 10_081}) {
      assertThatThrownBy(() -> longest(out).checked())
          .hasMessage("\"longestMinutes\" lies between 1 and 10080, and not at %d.".formatted(out));
    }
  }

  private static MoveOptions longest(@Nullable Integer minutes) {
    return new MoveOptions(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        null, minutes);
  }

  private static MoveOptions encrypted(@Nullable Boolean encrypted) {
    return new MoveOptions(
        null, null, null, null, null, null, null, null, null, null, null, encrypted, null, null,
        null, null, null);
  }

  private static MoveOptions options(@Nullable Boolean postCopy, @Nullable Integer bandwidth) {
    return new MoveOptions(
        postCopy, null, null, null, null, null, null, bandwidth, null, null, null, null, null, null,
        null, null, null);
  }
}
