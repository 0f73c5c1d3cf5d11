package org.dcbalance.reporting;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.migration.MigrationState;
import org.jspecify.annotations.Nullable;

/**
 * Say which ended migrations a report is about; null or empty leaves a thing open.
 *
 * @param poolId of the migrations, not of where their hosts are now
 * @param from first moment of their end, inclusive
 * @param to last moment of their end, exclusive
 * @param q part of the VM's or of a host's name, whatever its case
 * @param state how they ended
 */
public record ReportFilter(
    @Nullable Long poolId,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable String q,
    @Nullable MigrationState state) {
  private static final String OF_MOVES =
      """
      %1$s is not null
      and (cast(:pool as bigint) is null or m.pool_id = :pool)
      and (cast(:from as timestamptz) is null or %1$s >= :from)
      and (cast(:to as timestamptz) is null or %1$s < :to)
      and (cast(:q as text) is null or v.name ilike :q or s.name ilike :q or t.name ilike :q)
      and (cast(:state as text) is null or m.state = :state)
      """;

  /**
   * The conditions on {@code m}, {@code v}, {@code s} and {@code t} that go with {@link #params}.
   */
  static final String CONDITIONS = OF_MOVES.formatted("m.finished_at");

  /** When a move ended or, of one that is lost, when it began: nobody knows whether it ended. */
  static final String ENDED_OR_LOST =
      "coalesce(m.finished_at, case when m.state = 'LOST' then coalesce(m.started_at, m.created_at) end)";

  /** The same conditions on ended and lost moves alike. */
  static final String CONDITIONS_WITH_LOST = OF_MOVES.formatted(ENDED_OR_LOST);

  public ReportFilter {
    q = q == null || q.isBlank() ? null : q.strip();
  }

  Map<String, @Nullable Object> params() {
    var params = new HashMap<String, @Nullable Object>();
    params.put("pool", poolId);
    params.put("from", at(from));
    params.put("to", at(to));
    params.put("q", q == null ? null : "%" + literally(q) + "%");
    params.put("state", state == null ? null : state.name());
    return params;
  }

  private static @Nullable OffsetDateTime at(@Nullable Instant instant) {
    return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }

  private static String literally(String text) {
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
  }
}
