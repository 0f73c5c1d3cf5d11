package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What pages say of moves that wait or are under way, from what is stored of them. */
@ConsolePagesTest
class RunningMovesTest extends SimulatedPages {
  /** An epoch under which this console drives nothing. */
  private static final long LATER = 1L << 50;

  private static final String DISKS =
      """
      with_storage = true, disks =
        '[{"target": "vda", "path": "/srv/vda.qcow2", "capacity": 2147483648, "allocation": 1}]'
      """;

  private static final Pattern TIMELINE =
      Pattern.compile("<ol class=\"timeline\".*?</ol>", Pattern.DOTALL);

  @Autowired private MigrationLines lines;
  private String name;
  private RecordedPool pool;
  private long id;
  private SignedIn viewer;

  @BeforeEach
  void run() {
    name = "runs-" + UUID.randomUUID();
    pool = new RecordedPool(jdbc, name, 1);
    id = move(1, "RUNNING", "COPYING");
    set("method_why = 'Pre-copy: expected to do.'");
    viewer = as(Role.VIEWER);
  }

  @AfterEach
  void forget() {
    viewer.close();
    jdbc.sql("delete from migration where pool_id = :pool").param("pool", pool.id()).update();
    jdbc.sql("update installation set doubt = null, doubted_at = null").update();
    pool.close();
  }

  @Test
  void inPostCopyNothingHasToConverge() {
    told(3, 2000, 1000, "{}");
    assertThat(page()).contains("Not converging");
    told(3, 2000, 1000, "{}");
    assertThat(overview()).contains("does not converge: it changes");
    set("switched_at = now()");
    told(3, 2000, 1000, "{}");
    assertThat(page()).contains("In post-copy").doesNotContain("Not converging");
    told(3, 2000, 1000, "{}");
    assertThat(overview()).contains("In post-copy").doesNotContain("does not converge: ");
  }

  @Test
  void aCompressedCopyIsJudgedByWhatItsPassesLeave() {
    set("compressed = true");
    told(3, 2000, 1000, "{}");
    assertThat(page()).contains("Too early to say").doesNotContain("Not converging");
    told(3, 2000, 1000, "{}");
    assertThat(overview()).doesNotContain("does not converge: ");
    told(5, 2000, 1000, "{\"left\": 419430400, \"leftBefore\": 536870912}");
    assertThat(page()).contains("Converging");
    told(6, 2000, 1000, "{\"left\": 536870912, \"leftBefore\": 536870912}");
    assertThat(page()).contains("Not converging");
    told(6, 2000, 1000, "{\"left\": 536870912, \"leftBefore\": 536870912}");
    assertThat(overview())
        .contains("does not converge: its last pass left 512 MiB, and the one before it 512 MiB.");
  }

  @Test
  void howMuchItIsSlowedDownIsToldWhileItIs() {
    told(3, 1000, 2000, "{}");
    assertThat(page()).doesNotContain("Slowed down");
    assertThat(viewer.page("/api/v1/migrations/" + id)).contains("\"throttle\":0");
    told(3, 1000, 2000, "{\"throttle\": 60}");
    assertThat(page()).contains("Slowed down by 60 %");
    assertThat(viewer.page("/api/v1/migrations/" + id)).contains("\"throttle\":60");
  }

  @Test
  void disksAreNotCalledMemory() {
    set(DISKS);
    pass(1, 20);
    told(0, 0, 0, "{}");
    assertThat(page())
        .contains("disks: 2.0 GiB", "512 MiB of its disks")
        .doesNotContain("memory: ", "in this pass");
    assertThat(text(viewer.fragment("/migrations?fragment=active")))
        .contains("copy of disks", "512 MiB of its disks");
    assertThat(viewer.fragment("/migrations/" + id + "?fragment=charts"))
        .contains("Data that remains to be copied of " + name + "-vm-1");
    told(1, 0, 2000, "{}");
    assertThat(page()).contains("memory: 2.0 GiB", "512 MiB in this pass");
    set("disks = '[]'");
    assertThat(viewer.fragment("/migrations/" + id + "?fragment=charts"))
        .contains("Memory that remains to be copied of " + name + "-vm-1");
  }

  @Test
  void theTimelineBeginsWithTheFirstPassAndLeavesOutWhatNobodyNoticed() {
    log("CHECKS", 1);
    log("COPYING", 3);
    assertThat(timeline())
        .containsSubsequence("Queued", "Checks", "2.00 s", "Copy", "Switch-over", "Both hosts");
    pass(2, 10);
    pass(3, 20);
    assertThat(timeline())
        .containsSubsequence("Checks", "2.00 s", "Copy 2", "17 s", "Copy 3", "Switch-over")
        .doesNotContain("Copy 1");
    log("SETTLING", 30);
    assertThat(timeline())
        .containsSubsequence("Copy 3", "10 s", "Both hosts read", "Done")
        .doesNotContain("Switch-over");
  }

  @Test
  void theTimelineShowsPostCopy() {
    log("CHECKS", 1);
    log("COPYING", 3);
    pass(1, 3);
    pass(2, 26);
    set("switched_at = created_at + interval '25 seconds'");
    assertThat(timeline())
        .containsSubsequence("Copy 1", "22 s", "Post-copy", "Both hosts read")
        .doesNotContain("Copy 2", "Switch-over");
    log("SETTLING", 36);
    assertThat(timeline()).containsSubsequence("Post-copy", "11 s", "Both hosts read");
  }

  @Test
  void disksHaveAStepOfTheirOwn() {
    set(DISKS);
    log("CHECKS", 1);
    log("COPYING", 3);
    pass(1, 20);
    assertThat(timeline()).containsSubsequence("Checks", "Disks", "17 s", "Copy 1", "Switch-over");
  }

  @Test
  void whenItIsGivenUpIsToldWhileItRuns() {
    set("deadline = now() + interval '10 minutes'");
    assertThat(page()).contains("given until");
    set("allowed_until = deadline");
    assertThat(page()).contains("allowed until").doesNotContain("given until");
    set("allowed_until = null, switched_at = now()");
    assertThat(page()).doesNotContain("given until");
  }

  @Test
  void placesAreThoseOfTheTurnsAndNothingStartsWhileItOnlyObserves() {
    // nothing is taken out of the queue meanwhile
    jdbc.sql("update installation set doubt = 'It was restored.', doubted_at = now()").update();
    long first = move(2, "PENDING", "QUEUED");
    long second = move(3, "PENDING", "QUEUED");
    jdbc.sql("update migration set created_at = now() - interval '11 minutes' where id = :id")
        .param("id", second)
        .update();
    assertThat(lines.queued(new PoolId(pool.id()), false))
        .extracting(each -> each.position() + ": " + each.id() + ", " + each.waitsFor())
        .containsExactly(
            "1: " + second + ", Waits for its turn.", "2: " + first + ", Waits for its turn.");
    assertThat(text(viewer.fragment("/migrations?fragment=active")))
        .contains("Nothing starts while DCbalance only observes.");
    assertThat(text(viewer.page("/migrations/" + first)))
        .contains(
            "Place 2 in the queue of its pool.", "Nothing starts while DCbalance only observes.");
    assertThat(viewer.page("/api/v1/migrations/" + first)).contains("\"place\":2");
    assertThat(viewer.page("/api/v1/migrations?poolId=" + pool.id()))
        .contains("\"place\":1", "\"place\":2");
    assertThat(page()).doesNotContain("in the queue of its pool");
  }

  @Test
  void noMethodIsNamedBeforeOneIsChosen() {
    set("method_why = '', phase = 'CHECKS'");
    assertThat(page()).contains("Method: not chosen yet").doesNotContain("Pre-copy");
    assertThat(viewer.page("/api/v1/migrations/" + id)).doesNotContain("\"method\":\"PRE_COPY\"");
    set("state = 'REFUSED', phase = 'DONE', finished_at = now(), sentence = 'None does.'");
    assertThat(page()).contains("Method: –").doesNotContain("Pre-copy");
    assertThat(viewer.page("/api/v1/reports/migrations?poolId=" + pool.id()))
        .contains("None does.")
        .doesNotContain("PRE_COPY");
    assertThat(viewer.page("/api/v1/reports/migrations.csv?poolId=" + pool.id()))
        .contains(",a test,amy,,")
        .doesNotContain("PRE_COPY");
    set("asked_method = 'PRE_COPY'");
    assertThat(page()).contains("Pre-copy").doesNotContain("Method: ");
    assertThat(viewer.page("/api/v1/reports/migrations.csv?poolId=" + pool.id()))
        .contains(",a test,amy,PRE_COPY,");
  }

  private String page() {
    return text(viewer.page("/migrations/" + id));
  }

  private String overview() {
    return text(viewer.page("/"));
  }

  private String timeline() {
    var found = TIMELINE.matcher(viewer.page("/migrations/" + id));
    assertThat(found.find()).isTrue();
    return text(found.group());
  }

  private static String text(String html) {
    return html.replaceAll("<[^>]*>", " ").replaceAll("[\\s\\u00a0]+", " ").strip();
  }

  private void set(String what) {
    jdbc.sql("update migration set " + what + " where id = :id").param("id", id).update();
  }

  /** Have it tell the figures of a copy, just now. */
  private void told(int iteration, double dirtyRate, double bandwidth, String more) {
    jdbc.sql(
            """
            update migration set progress = cast(:more as jsonb) || jsonb_build_object('at', now(),
              'elapsedMillis', 9000, 'totalBytes', 2147483648, 'processedBytes', 3221225472,
              'remainingBytes', 536870912, 'dirtyRate', cast(:dirtyRate as float8),
              'bandwidth', cast(:bandwidth as float8), 'iteration', cast(:iteration as int))
            where id = :id
            """)
        .param("more", more)
        .param("dirtyRate", dirtyRate)
        .param("bandwidth", bandwidth)
        .param("iteration", iteration)
        .param("id", id)
        .update();
  }

  private void log(String phase, int second) {
    jdbc.sql(
            """
            insert into migration_log (migration_id, at, phase, sentence)
            select id, created_at + :second * interval '1 second', :phase, 'It went on.'
            from migration where id = :id
            """)
        .param("second", second)
        .param("phase", phase)
        .param("id", id)
        .update();
  }

  private void pass(int iteration, int second) {
    jdbc.sql(
            """
            insert into migration_progress (migration_id, at, iteration, processed_bytes, remaining_bytes,
              dirty_rate, bandwidth)
            select id, created_at + :second * interval '1 second', :iteration, 1000, 500, 1, 2
            from migration where id = :id
            """)
        .param("second", second)
        .param("iteration", iteration)
        .param("id", id)
        .update();
  }

  private long move(int vm, String state, String phase) {
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, epoch)
            select :pool, v.id, s.id, t.id, :state, :phase, 'a test', 'amy', now() - interval '1 minute',
              now() - interval '1 minute', :later
            from vm v, host s, host t
            where v.name = :vm and s.name = :source and t.name = :target returning id
            """)
        .param("pool", pool.id())
        .param("vm", name + "-vm-" + vm)
        .param("source", name + "-1")
        .param("target", name + "-2")
        .param("state", state)
        .param("phase", phase)
        .param("later", LATER)
        .query(Long.class)
        .single();
  }
}
