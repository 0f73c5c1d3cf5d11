package org.dcbalance.recommendation;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.units.HostId;
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

  /** The names that were looked up. */
  public record Known(Map<Long, String> vms, Map<Long, String> hosts, Map<Long, Long> migrations) {
    public String vm(VmId id) {
      return vms.getOrDefault(id.value(), "");
    }

    public String host(HostId id) {
      return hosts.getOrDefault(id.value(), "");
    }

    /** Give the migration that carries a recommendation out; null if there is none. */
    public @Nullable Long migration(long recommendation) {
      return migrations.get(recommendation);
    }
  }

  public Known of(Collection<Recommendation> recommendations) {
    var vms = new HashMap<Long, String>();
    var hosts = new HashMap<Long, String>();
    var migrations = new HashMap<Long, Long>();
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
    }
    return new Known(vms, hosts, migrations);
  }
}
