package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  private static final List<Integer> MANY = IntStream.rangeClosed(1, 250).boxed().toList();

  @Test
  void showsEveryItemOnExactlyOnePage() {
    assertThat(
            IntStream.rangeClosed(1, 3).boxed().flatMap(n -> Excerpt.of(MANY, n).items().stream()))
        .isEqualTo(MANY);
    var last = Excerpt.of(MANY, 3);
    assertThat(last.pages()).isEqualTo(3);
    assertThat(last.first()).isEqualTo(201);
    assertThat(last.last()).isEqualTo(250);
  }

  @Test
  void fallsBackToTheNearestPage() {
    assertThat(Excerpt.of(MANY, 9).number()).isEqualTo(3);
    assertThat(Excerpt.of(MANY, -1).number()).isEqualTo(1);
  }

  @Test
  void hasOneEmptyPageWhereThereIsNothing() {
    var none = Excerpt.of(List.of(), 2);
    assertThat(none.number()).isEqualTo(1);
    assertThat(none.pages()).isEqualTo(1);
    assertThat(none.first()).isZero();
    assertThat(none.last()).isZero();
  }

  @Test
  void isWholeWithAFullPage() {
    assertThat(Excerpt.of(MANY.subList(0, 100), 1).pages()).isEqualTo(1);
  }
}
