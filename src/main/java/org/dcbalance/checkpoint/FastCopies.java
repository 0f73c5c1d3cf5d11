package org.dcbalance.checkpoint;

import static org.dcbalance.database.Columns.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.FastCopy.Source;
import org.dcbalance.helper.HostHelper.Split;
import org.dcbalance.helper.HostHelpers;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store what was made of checkpoints' memory for a fast resume. */
@Component
class FastCopies {
  private final JdbcClient jdbc;

  FastCopies(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  private record Of(long checkpoint, FastCopy copy) {}

  Map<Long, FastCopy> of(Collection<Long> checkpoints) {
    return jdbc
        .sql(
            """
            select f.*,
              (select format('%s on %s', v.name, h.name)
               from memory_lease l join vm v on v.id = l.vm_id join host h on h.id = l.host_id
               where l.checkpoint_id = f.checkpoint_id and l.ended_at is null
               order by l.id limit 1) as leased
            from checkpoint_fast f where f.checkpoint_id in (:ids)
            """)
        .param("ids", checkpoints)
        .query((row, n) -> new Of(row.getLong("checkpoint_id"), copy(row)))
        .list()
        .stream()
        .collect(Collectors.toMap(Of::checkpoint, Of::copy));
  }

  Optional<FastCopy> of(long checkpoint) {
    return Optional.ofNullable(of(List.of(checkpoint)).get(checkpoint));
  }

  private static FastCopy copy(ResultSet row) throws SQLException {
    var from = row.getString("touched_from");
    return new FastCopy(
        FastCopy.State.valueOf(row.getString("state")),
        row.getString("sentence"),
        row.getObject("memory_bytes", Long.class),
        row.getObject("stored_bytes", Long.class),
        row.getString("sums"),
        row.getObject("touched_pages", Long.class),
        from == null ? null : Source.valueOf(from),
        row.getObject("made_millis", Long.class),
        instant(row, "verified_at"),
        row.getString("leased"));
  }

  /**
   * List complete checkpoints that one is to be made of: those that were captured on a host since
   * its helper is known, and those on which an earlier console ended.
   */
  List<Long> wanted(HostHelpers.Since helper) {
    return jdbc.sql(
            """
            select c.id from checkpoint c left join checkpoint_fast f on f.checkpoint_id = c.id
            where c.state = 'COMPLETE' and c.host_id = :host and c.captured_at > :since
              and (f.checkpoint_id is null or f.state = 'MAKING')
            order by c.id
            """)
        .param("host", helper.host().value())
        .param("since", java.sql.Timestamp.from(helper.at()))
        .query((row, n) -> row.getLong(1))
        .list();
  }

  /**
   * Give up those that an earlier console began and nobody goes on with: their host or its helper
   * was removed, or that was set anew since the capture, or their checkpoint is no good any more.
   * It would be kept for them for ever.
   */
  void giveUpStranded(long epoch) {
    jdbc.sql(
            """
            update checkpoint_fast f set state = 'FAILED',
              sentence = 'It was being prepared when its console ended, and nobody can go on with that.'
            from checkpoint c
            where c.id = f.checkpoint_id and f.state = 'MAKING' and f.epoch is distinct from :epoch
              and (c.state = 'DAMAGED' or not exists (
                select from host_helper h join host o on o.id = h.host_id and o.removed_at is null
                where h.host_id = c.host_id and h.set_at < c.captured_at))
            """)
        .param("epoch", epoch)
        .update();
  }

  /**
   * Note that one is being made, in a transaction that others who change the checkpoint wait for.
   *
   * @return false if it is not complete any more
   */
  boolean make(long checkpoint, long epoch) {
    boolean complete =
        jdbc.sql("select state = 'COMPLETE' from checkpoint where id = :id for update")
            .param("id", checkpoint)
            .query(Boolean.class)
            .single();
    if (complete) {
      jdbc.sql(
              """
              insert into checkpoint_fast (checkpoint_id, state, epoch) values (:id, 'MAKING', :epoch)
              on conflict (checkpoint_id) do update set state = excluded.state, epoch = excluded.epoch
              """)
          .param("id", checkpoint)
          .param("epoch", epoch)
          .update();
    }
    return complete;
  }

  void ready(long checkpoint, Split split) {
    jdbc.sql(
            """
            update checkpoint_fast set state = 'READY', sentence = '', memory_bytes = :memory,
              stored_bytes = :stored, sums = :sums, touched_pages = :touched, touched_from = 'CAPTURE',
              made_millis = :millis, verified_at = clock_timestamp()
            where checkpoint_id = :id
            """)
        .param("id", checkpoint)
        .param("memory", split.memoryBytes())
        .param("stored", split.storedBytes())
        .param("sums", split.sums())
        .param("touched", split.touchedPages())
        .param("millis", split.millis())
        .update();
  }

  void end(long checkpoint, FastCopy.State state, String sentence) {
    jdbc.sql(
            """
            update checkpoint_fast set state = :state, sentence = :sentence where checkpoint_id = :id
            """)
        .param("id", checkpoint)
        .param("state", state.name())
        .param("sentence", sentence)
        .update();
  }

  void verified(long checkpoint) {
    jdbc.sql("update checkpoint_fast set verified_at = clock_timestamp() where checkpoint_id = :id")
        .param("id", checkpoint)
        .update();
  }

  void touched(long checkpoint, long pages) {
    jdbc.sql(
            """
            update checkpoint_fast set touched_pages = :pages, touched_from = 'RESTORE'
            where checkpoint_id = :id
            """)
        .param("id", checkpoint)
        .param("pages", pages)
        .update();
  }

  /** Say why a checkpoint must not be deleted now; null if it may be. */
  @Nullable String whyKept(long checkpoint) {
    var copy = of(checkpoint).orElse(null);
    if (copy == null) {
      return null;
    }
    if (copy.leased() != null) {
      return copy.leased() + " runs on the memory of this checkpoint.";
    }
    return copy.state() == FastCopy.State.MAKING ? "It is being prepared for a fast resume." : null;
  }
}
