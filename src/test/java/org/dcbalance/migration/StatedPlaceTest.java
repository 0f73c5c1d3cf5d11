package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.junit.jupiter.api.Test;

class StatedPlaceTest {
  private static final Side RUNNING = new Side.Running(false, Job.NONE);
  private static final Side PAUSED = new Side.Paused(Why.MIGRATING, Job.NONE);
  private static final Side ABSENT = new Side.Absent();
  private static final Side SHUT_OFF = new Side.ShutOff();
  private static final Side NAMESAKE = new Side.Namesake(UUID.randomUUID());
  private static final Side UNKNOWN = new Side.Unknown("no answer");
  private static final List<Side> ALIVE =
      List.of(
          RUNNING,
          PAUSED,
          new Side.Paused(Why.USER, Job.NONE),
          new Side.PostCopyFailed(),
          new Side.Odd("shutting down"));
  private static final List<Side> NOTHING = List.of(ABSENT, SHUT_OFF, NAMESAKE, UNKNOWN);

  @Test
  void readsWordsAndHostNames() {
    assertThat(StatedPlace.parse(" Source ", "kvm-01", "kvm-02")).isEqualTo(StatedPlace.SOURCE);
    assertThat(StatedPlace.parse("KVM-01", "kvm-01", "kvm-02")).isEqualTo(StatedPlace.SOURCE);
    assertThat(StatedPlace.parse("kvm-02", "kvm-01", "kvm-02")).isEqualTo(StatedPlace.DESTINATION);
    assertThat(StatedPlace.parse("neither", "kvm-01", "kvm-02")).isEqualTo(StatedPlace.NEITHER);
    assertThatThrownBy(() -> StatedPlace.parse("kvm-03", "kvm-01", "kvm-02"))
        .hasMessage("'kvm-03' is not a place where it may run.");
    assertThatThrownBy(() -> StatedPlace.parse(null, "kvm-01", "kvm-02"))
        .hasMessageContaining("was not stated");
  }

  @Test
  void whatRunsOnOneHostMustNotRunOnTheOther() {
    for (var there : List.of(ABSENT, SHUT_OFF, NAMESAKE, UNKNOWN, PAUSED)) {
      assertThat(contradicted(StatedPlace.SOURCE, RUNNING, there)).isFalse();
      assertThat(contradicted(StatedPlace.SOURCE, UNKNOWN, there)).isFalse();
      assertThat(contradicted(StatedPlace.DESTINATION, there, RUNNING)).isFalse();
      assertThat(contradicted(StatedPlace.DESTINATION, there, UNKNOWN)).isFalse();
    }
    for (var there :
        List.of(RUNNING, new Side.PostCopyFailed(), new Side.Paused(Why.POST_COPY, Job.NONE))) {
      assertThat(contradicted(StatedPlace.SOURCE, RUNNING, there)).isTrue();
      assertThat(contradicted(StatedPlace.SOURCE, UNKNOWN, there)).isTrue();
      assertThat(contradicted(StatedPlace.DESTINATION, there, RUNNING)).isTrue();
    }
    for (var here : List.of(ABSENT, SHUT_OFF, NAMESAKE, PAUSED)) {
      assertThat(contradicted(StatedPlace.SOURCE, here, ABSENT)).isTrue();
      assertThat(contradicted(StatedPlace.DESTINATION, ABSENT, here)).isTrue();
    }
  }

  @Test
  void aJobOnEitherSideIsNotOver() {
    var sending = new Side.Running(false, Job.OUTGOING_MIGRATION);
    var receiving = new Side.Paused(Why.MIGRATING, Job.INCOMING_MIGRATION);
    for (var stated : StatedPlace.values()) {
      assertThat(contradicted(stated, sending, receiving)).isTrue();
      assertThat(contradicted(stated, UNKNOWN, receiving)).isTrue();
    }
  }

  @Test
  void whatRunsNowhereMustBeAliveNowhere() {
    for (var here : NOTHING) {
      for (var there : NOTHING) {
        assertThat(contradicted(StatedPlace.NEITHER, here, there)).isFalse();
      }
      for (var there : ALIVE) {
        assertThat(contradicted(StatedPlace.NEITHER, here, there)).isTrue();
        assertThat(contradicted(StatedPlace.NEITHER, there, here)).isTrue();
      }
    }
  }

  @Test
  void saysWhichHostContradicts() {
    assertThat(StatedPlace.SOURCE.contradiction("kvm-01", UNKNOWN, "kvm-02", RUNNING))
        .contains("on kvm-02 it is running");
  }

  private static boolean contradicted(StatedPlace stated, Side source, Side target) {
    return stated.contradiction("kvm-01", source, "kvm-02", target).isPresent();
  }
}
