package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;

/** A page stays about the pool that it was opened for, whatever another tab picks meanwhile. */
@ConsolePagesTest
class ShownPoolTest extends SimulatedPages {

  @Test
  void whatAPageFetchesAndSendsIsAboutItsOwnPool() {
    try (var mine = new RecordedPool(jdbc, "shown-1", 1);
        var theirs = new RecordedPool(jdbc, "shown-2", 1);
        var operator = as(Role.OPERATOR)) {
      pick(operator, "" + mine.id());
      assertThat(operator.page("/")).contains("fragment=hosts&amp;shown=" + mine.id());
      pick(operator, "" + theirs.id());
      assertThat(operator.fragment("/?fragment=hosts&shown=" + mine.id()))
          .contains("shown-1-1")
          .doesNotContain("shown-2-1");

      operator.send("/balancing/pause", "paused", "false", "shown", "" + mine.id(), "back", "/");
      assertThat(paused(mine)).isFalse();
      assertThat(paused(theirs)).isTrue();
      operator.send("/balancing/pause", "paused", "true", "shown", "" + mine.id(), "back", "/");
      assertThat(paused(mine)).isTrue();
      pick(operator, "");
    }
  }

  @Test
  void aPageOfAllPoolsStaysOne() {
    try (var mine = new RecordedPool(jdbc, "shown-3", 1);
        var operator = as(Role.OPERATOR)) {
      pick(operator, "" + mine.id());
      assertThat(operator.page("/hosts?shown=&q=")).contains("sim-01", "shown-3-1");
      assertThat(operator.page("/hosts")).contains("shown-3-1").doesNotContain("sim-01");
      pick(operator, "");
    }
  }

  private boolean paused(RecordedPool pool) {
    return jdbc.sql("select paused from pool where id = :id")
        .param("id", pool.id())
        .query(Boolean.class)
        .single();
  }

  private static void pick(SignedIn someone, String pool) {
    someone.send("/preferences", "pool", pool, "back", "/");
  }
}
