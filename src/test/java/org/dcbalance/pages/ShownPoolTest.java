package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

      operator.send("/balancing/pause", "paused", "false", "id", "" + mine.id(), "back", "/");
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

  @Test
  void resumingLeavesAPoolPausedThatThePageDidNotName() {
    try (var mine = new RecordedPool(jdbc, "shown-4", 1);
        var theirs = new RecordedPool(jdbc, "shown-5", 1);
        var operator = as(Role.OPERATOR)) {
      pause(theirs, false);
      var named = paused(operator.page("/"));
      assertThat(named).contains("" + mine.id()).doesNotContain("" + theirs.id());
      pause(theirs, true);
      var fields =
          Stream.concat(
                  Stream.of("paused", "false", "shown", "", "back", "/"),
                  named.stream().flatMap(id -> Stream.of("id", id)))
              .toArray(String[]::new);
      assertThat(notice(operator.sendAndFollow("/balancing/pause", fields)))
          .startsWith("ok")
          .contains("shown-4", "goes on.")
          .doesNotContain("shown-5");
      assertThat(paused(mine)).isFalse();
      assertThat(paused(theirs)).isTrue();
      // nor does a page that names none resume all
      var none = operator.send("/balancing/pause", "paused", "false", "shown", "", "back", "/");
      assertThat(none.statusCode()).isEqualTo(400);
      assertThat(paused(theirs)).isTrue();
    }
  }

  @Test
  void whatIsSentForAPoolThatIsGoneDoesNotComeToAllPools() {
    String gone;
    try (var pool = new RecordedPool(jdbc, "shown-6", 1)) {
      gone = "" + pool.id();
    }
    try (var other = new RecordedPool(jdbc, "shown-7", 1);
        var operator = as(Role.OPERATOR)) {
      pause(other, false);
      var pausing = operator.send("/balancing/pause", "paused", "true", "shown", gone, "back", "/");
      assertThat(pausing.statusCode()).isEqualTo(404);
      assertThat(pausing.body()).contains("is not there any more. Nothing was done.");
      assertThat(paused(other)).isFalse();
      assertThat(operator.send("/rounds", "shown", gone, "back", "/").statusCode()).isEqualTo(404);
      pause(other, true);
      var resuming =
          operator.send("/balancing/pause", "paused", "false", "id", "" + other.id(), "id", gone);
      assertThat(resuming.statusCode()).isEqualTo(404);
      assertThat(paused(other)).as("of two, one is gone").isTrue();
      assertThat(operator.get("/?fragment=nav&shown=" + gone).statusCode()).isEqualTo(200);
    }
  }

  /** Give the ids of the pools that the banner of a page resumes. */
  private static List<String> paused(String page) {
    return Pattern.compile("name=\"id\" value=\"(\\d+)\"")
        .matcher(page.substring(page.indexOf("/balancing/pause"), page.indexOf(">Resume<")))
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  private void pause(RecordedPool pool, boolean paused) {
    jdbc.sql("update pool set paused = :paused where id = :id")
        .param("paused", paused)
        .param("id", pool.id())
        .update();
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
