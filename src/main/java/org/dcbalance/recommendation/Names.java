package org.dcbalance.recommendation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Look up the names behind recommendations, those of removed hosts and vanished VMs included. */
@Component
public class Names {
  private final JdbcClient jdbc;

  Names(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A recommendation that is decided with another one, since a rule does not part their VMs.
   *
   * @param id of that recommendation
   */
  public record Along(long id, String vm, Memory bytes, Duration expected, Duration downtime) {}

  /** The names that were looked up. */
  public record Known(
      Map<Long, String> vms,
      Map<Long, String> hosts,
      Map<Long, Long> migrations,
      Map<Long, List<Along>> along) {
    public String vm(VmId id) {
      return vms.getOrDefault(id.value(), "");
    }

    public String host(HostId id) {
      return hosts.getOrDefault(id.value(), "");
    }

    /**
     * Give the newest migration that carries a recommendation out, or that was chosen to another
     * target instead; null if there is none.
     */
    public @Nullable Long migration(long recommendation) {
      return migrations.get(recommendation);
    }

    /** List what is decided with a recommendation that waits, by the names of its VMs. */
    public List<Along> along(long recommendation) {
      return along.getOrDefault(recommendation, List.of());
    }
  }

  /** List names in a sentence: "web-07", "web-07 and web-08", "web-07, web-08 and web-09". */
  public static String listed(List<String> names) {
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  public Known of(Collection<Recommendation> recommendations) {
    var vms = new HashMap<Long, String>();
    var hosts = new HashMap<Long, String>();
    var migrations = new HashMap<Long, Long>();
    var along = new HashMap<Long, List<Along>>();
    if (!recommendations.isEmpty()) {
      jdbc.sql("select id, name from vm where id in (:ids)")
          .param("ids", recommendations.stream().map(r -> r.vmId().value()).toList())
          .query(
              row -> {
                vms.put(row.getLong("id"), row.getString("name"));
              });
      jdbc.sql("select id, name from host")
          .query(
              row -> {
                hosts.put(row.getLong("id"), row.getString("name"));
              });
      jdbc.sql(
              "select id, recommendation_id from migration where recommendation_id in (:ids) order by id")
          .param("ids", recommendations.stream().map(Recommendation::id).toList())
          .query(
              row -> {
                migrations.put(row.getLong("recommendation_id"), row.getLong("id"));
              });
      // a move by hand, each of whose attempts is a migration of its own
      jdbc.sql(
              """
              with recursive instead (id, recommendation_id) as (
                select other_migration_id, id from recommendation
                where id in (:ids) and other_migration_id is not null
                union all
                select m.id, i.recommendation_id from instead i join migration m on m.retry_of = i.id)
              select id, recommendation_id from instead order by id
              """)
          .param("ids", recommendations.stream().map(Recommendation::id).toList())
          .query(
              row -> {
                migrations.put(row.getLong("recommendation_id"), row.getLong("id"));
              });
      // as Recommendations.goingAlong finds them when one is decided
      jdbc.sql(
              """
              select a.id as asked, o.id, v.name, (o.cost->>'bytes')::bigint as bytes,
                (o.cost->>'millis')::bigint as millis,
                (o.cost->>'downtimeMillis')::bigint as downtime_millis
              from recommendation a join recommendation o on o.pool_id = a.pool_id
                and o.round_id = a.round_id and o.state = a.state and o.vm_id = any(a.together)
                and o.id <> a.id
              join vm v on v.id = o.vm_id
              where a.id in (:ids) and a.state = 'PROPOSED' order by v.name, o.id
              """)
          .param("ids", recommendations.stream().map(Recommendation::id).toList())
          .query(
              row -> {
                along
                    .computeIfAbsent(row.getLong("asked"), _ -> new ArrayList<>())
                    .add(
                        new Along(
                            row.getLong("id"),
                            row.getString("name"),
                            new Memory(row.getLong("bytes")),
                            Duration.ofMillis(row.getLong("millis")),
                            Duration.ofMillis(row.getLong("downtime_millis"))));
              });
    }
    return new Known(vms, hosts, migrations, along);
  }
}
