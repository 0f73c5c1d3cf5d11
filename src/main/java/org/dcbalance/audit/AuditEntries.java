package org.dcbalance.audit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Read the audit log. */
@Repository
public class AuditEntries {
  private static final List<String> REFUSALS =
      Arrays.stream(Act.values()).filter(Act::refusal).map(Act::name).toList();

  private static final String SELECT =
      "select id, at, who, act, kind, object_id, object, before, after, address, request_id"
          + " from audit_entry";

  private final JdbcClient jdbc;
  private final JsonMapper json;

  AuditEntries(JdbcClient jdbc, JsonMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  /** List entries with an id below the given one, newest first. */
  public List<AuditEntry> list(AuditFilter filter, long before, int most) {
    return jdbc.sql(
            SELECT
                + """
             where id < :before
              and (cast(:who as text) is null or who = :who)
              and (cast(:act as text) is null or act = :act)
              and (cast(:kind as text) is null or kind = :kind)
              and (cast(:q as text) is null or object ilike :q or who ilike :q)
              and (not cast(:refusals as boolean) or act in (:refused))
              and (cast(:from as timestamptz) is null or at >= :from)
              and (cast(:to as timestamptz) is null or at < :to)
            order by id desc limit :most
            """)
        .param("before", before)
        .param("who", filter.who())
        .param("act", filter.act() == null ? null : filter.act().name())
        .param("kind", filter.kind())
        .param("q", filter.q() == null ? null : "%" + literally(filter.q()) + "%")
        .param("refusals", Boolean.TRUE.equals(filter.refusals()))
        .param("refused", REFUSALS)
        .param("from", at(filter.from()))
        .param("to", at(filter.to()))
        .param("most", most)
        .query(this::entry)
        .list();
  }

  /** Find what was last done to a thing, of some acts and within a day. */
  Optional<AuditEntry> newest(Thing thing, Collection<Act> acts) {
    return jdbc.sql(
            SELECT
                + """
             where kind = :kind and object_id = :id and act in (:acts)
              and at > now() - interval '1 day'
            order by id desc limit 1
            """)
        .param("kind", thing.kind())
        .param("id", thing.id())
        .param("acts", acts.stream().map(Act::name).toList())
        .query(this::entry)
        .optional();
  }

  private AuditEntry entry(ResultSet row, int index) throws SQLException {
    return new AuditEntry(
        row.getLong("id"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        row.getString("who"),
        row.getString("act"),
        row.getString("kind"),
        row.getObject("object_id", Long.class),
        row.getString("object"),
        facts(row.getString("before")),
        facts(row.getString("after")),
        row.getString("address"),
        row.getString("request_id"));
  }

  private Map<String, @Nullable Object> facts(String stored) {
    return new LinkedHashMap<String, @Nullable Object>(
        json.readValue(stored, new TypeReference<Map<String, Object>>() {}));
  }

  private static @Nullable OffsetDateTime at(@Nullable Instant instant) {
    return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }

  private static String literally(String text) {
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
  }
}
