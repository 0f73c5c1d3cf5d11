package org.dcbalance.pages;

import java.io.IOException;
import java.time.Duration;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What somebody on call does on a phone, with a thumb: read, approve and abort. */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class PhoneTest extends SimulatedPages {
  private static final String VM = "monitor-01";

  private long pool;

  @BeforeEach
  void havePool() {
    fleet.host("sim-04");
    pool =
        jdbc.sql("insert into pool (name) values ('phone ' || gen_random_uuid()) returning id")
            .query(Long.class)
            .single();
    fleet.vm(VM);
    // long enough under way to be aborted, also on a busy machine
    moveOptions("{\"bandwidthMiB\": 60}");
  }

  @AfterEach
  void forget() {
    moveOptions("{}");
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void aMoveIsApprovedAndAborted() throws IOException {
    long proposed = fleet.propose(pool, VM, "1 hour");
    try (var visitor = new Visitor(port)) {
      visitor.takePhone();
      visitor.signIn();

      visitor.pressAt("#nav a[href='/recommendations']");
      visitor.reaches("Approve the move of " + VM);
      visitor.reaches("Reject the move of " + VM);
      visitor.pressAt("#recommendation-" + proposed + " th a");
      visitor.at("/recommendations/" + proposed);
      visitor.reaches("Reject…");
      visitor.reachesAt("[id^='choose-']");
      visitor.press("Approve 1 move");
      visitor.sees("Approved 1 move: " + VM);

      long move = running(proposed);
      visitor.pressAt("#nav a[href='/migrations']");
      visitor.reaches("Abort the migration of " + VM);
      visitor.pressAt("#running-" + move + " th a");
      visitor.at("/migrations/" + move);
      visitor.press("Abort");
      visitor.confirm();
      visitor.sees("The migration of " + VM + " is being aborted.");
      becomes("ABORTED", move);
    }
  }

  private void moveOptions(String json) {
    jdbc.sql("update vm set move_options = cast(:json as jsonb) where name = :vm")
        .param("json", json)
        .param("vm", VM)
        .update();
  }

  private long running(long proposed) {
    long move =
        jdbc.sql("select id from migration where recommendation_id = :id")
            .param("id", proposed)
            .query(Long.class)
            .single();
    becomes("RUNNING", move);
    return move;
  }

  private void becomes(String state, long move) {
    Await.until(
        state,
        Duration.ofSeconds(30),
        () ->
            jdbc.sql("select state from migration where id = :id")
                .param("id", move)
                .query(String.class)
                .single(),
        state::equals);
  }
}
