package org.dcbalance.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What earlier moves tell of the next ones. */
@ConsoleTest
class MigrationRecordsTest {
  @Autowired private MigrationRecords records;
  @Autowired private JdbcClient jdbc;

  @Test
  void figuresOfMovesThatWereNotLikeOthersAreLeftOut() {
    var pool = pool("moves unlike others");
    moved(pool, "PRE_COPY", "1000", "null", "false");
    moved(pool, "BALLOON_FIRST", "null", "null", "false");
    moved(pool, "PRE_COPY", "1000", "5000000", "false");
    moved(pool, "PRE_COPY", "1000", "150", "false");
    moved(pool, "PRE_COPY", "1000", "null", "true");
    moved(pool, "NOT_LIVE", "1000", "null", "false");
    moved(pool, "POST_COPY", "1000", "null", "false");
    moved(pool, "XBZRLE", "1000", "null", "false");
    var found = records.finished(pool, 10).reversed();
    assertThat(found).hasSize(8).allMatch(PastMove::succeeded);
    assertThat(found.getFirst().transferred()).isEqualTo(new Memory(1000));
    assertThat(found.getFirst().total()).isEqualTo(Duration.ofSeconds(10));
    // where no bytes are told, what the guest had when it was sent stands for them
    assertThat(found.get(1).transferred()).isEqualTo(new Memory(512));
    // a limit that did not hold it hides nothing; one that did hides all but its pause
    assertThat(found.get(2).transferred()).isEqualTo(new Memory(1000));
    assertThat(found.get(3).transferred()).isNull();
    assertThat(found.get(3).total()).isNull();
    assertThat(found.get(3).downtime()).isEqualTo(Duration.ofMillis(100));
    assertThat(found.subList(4, 8))
        .allSatisfy(
            move -> {
              assertThat(move.transferred()).isNull();
              assertThat(move.total()).isNull();
              assertThat(move.downtime()).isNull();
            });
  }

  @Test
  void whatAPersonAbortedSaysNothingOfItsTarget() {
    var pool = pool("moves that did not end");
    moved(pool, "PRE_COPY", "1000", "null", "false");
    moved(pool, "PRE_COPY", "1001", "null", "false");
    moved(pool, "PRE_COPY", "1002", "null", "false");
    moved(pool, "PRE_COPY", "1003", "null", "false");
    ended(pool, 1001, "ABORTED", "amy");
    ended(pool, 1002, "ABORTED", "DCbalance");
    ended(pool, 1003, "FAILED", null);
    var found = records.finished(pool, 10).reversed();
    assertThat(found)
        .extracting(PastMove::vm, PastMove::succeeded)
        .containsExactly(
            tuple(movedWith(pool, 1000), true),
            tuple(movedWith(pool, 1002), false),
            tuple(movedWith(pool, 1003), false));
    assertThat(found.getFirst().transferred()).isEqualTo(new Memory(1000));
    assertThat(found.subList(1, 3))
        .as("what was sent in vain says nothing of what others send")
        .allSatisfy(move -> assertThat(move.transferred()).isNull())
        .allSatisfy(move -> assertThat(move.total()).isNull());
  }

  @Test
  void whatATargetRefusedIsRememberedForAWhile() {
    var pool = pool("refused moves");
    for (int bytes = 1001; bytes <= 1004; bytes++) {
      moved(pool, "PRE_COPY", String.valueOf(bytes), "null", "false");
    }
    ended(pool, 1001, "REFUSED", null);
    ended(pool, 1002, "REFUSED", null);
    ended(pool, 1003, "REFUSED", null);
    jdbc.sql(
            """
            update migration set sentence = 'It has another VM of that name.',
              target_refused = bytes <> 1002,
              finished_at = finished_at - case when bytes = 1003 then interval '1 hour' else '0' end
            where pool_id = :pool
            """)
        .param("pool", pool.value())
        .update();
    var refusals = records.refusals(pool, Instant.now().minus(Duration.ofMinutes(30)));
    assertThat(refusals.keySet())
        .as("one for other reasons, one too long ago, and one that was made")
        .containsExactly(movedWith(pool, 1001));
    assertThat(refusals.values())
        .singleElement()
        .satisfies(
            by ->
                assertThat(by.values())
                    .containsExactly("a move there was refused: It has another VM of that name."));
    gone(pool, "null");
    var resting =
        records
            .coolDowns(pool, Instant.now(), Duration.ofMinutes(30), Duration.ofHours(6))
            .keySet();
    gone(pool, "now()");
    assertThat(resting)
        .as("another target may do at once, other reasons need time")
        .containsExactly(movedWith(pool, 1002));
  }

  private VmId movedWith(PoolId pool, long bytes) {
    return new VmId(
        jdbc.sql("select vm_id from migration where pool_id = :pool and bytes = :bytes")
            .param("pool", pool.value())
            .param("bytes", bytes)
            .query(Long.class)
            .single());
  }

  private void gone(PoolId pool, String since) {
    jdbc.sql(
            "update vm set gone_since = %s where host_id in (select id from host where pool_id = :pool)"
                .formatted(since))
        .param("pool", pool.value())
        .update();
  }

  private void ended(PoolId pool, long bytes, String state, @Nullable String by) {
    jdbc.sql(
            """
            update migration set state = :state, abort_requested_by = :by,
              given_up = case when cast(:by as text) = 'DCbalance' then 'It took too long.' end
            where pool_id = :pool and bytes = :bytes
            """)
        .param("state", state)
        .param("by", by)
        .param("pool", pool.value())
        .param("bytes", bytes)
        .update();
  }

  private PoolId pool(String name) {
    return new PoolId(
        jdbc.sql("insert into pool (name) values (:name) returning id")
            .param("name", name)
            .query(Long.class)
            .single());
  }

  private void moved(PoolId pool, String method, String bytes, String limit, String storage) {
    jdbc.sql(
            """
            with a as (
              insert into host (pool_id, name, uri, removed_at) values
                (:pool, gen_random_uuid(), 'simulated:///' || gen_random_uuid(), now()) returning id),
            v as (
              insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, gone_since)
              select gen_random_uuid(), id, 'past', 'SHUT_OFF', 1, 2048, 2048, now() from a returning id)
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, method, why, requested_by,
              created_at, started_at, finished_at, downtime_millis, total_millis, guest_memory_bytes,
              bytes, bandwidth_limit, with_storage)
            select :pool, v.id, a.id, a.id, 'COMPLETED', 'DONE', :method, '', 'amy', now(), now(),
              clock_timestamp(), 100, 10000, 512, %s, %s, %s from a, v
            """
                .formatted(bytes, limit, storage))
        .param("pool", pool.value())
        .param("method", method)
        .update();
  }
}
