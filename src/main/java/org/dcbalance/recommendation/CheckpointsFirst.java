package org.dcbalance.recommendation;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vms;
import org.dcbalance.inventory.WhyCheckpoint;
import org.dcbalance.recommendation.Recommendation.State;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Say of recommendations whether a checkpoint is taken before the VM moves, and why. */
@Component
public class CheckpointsFirst {
  private final Vms vms;
  private final Pools pools;
  private final JdbcClient jdbc;

  CheckpointsFirst(Vms vms, Pools pools, JdbcClient jdbc) {
    this.vms = vms;
    this.pools = pools;
    this.jdbc = jdbc;
  }

  /**
   * Give the sentences.
   *
   * @return by the recommendation's id; those that are settled or need none are left out
   */
  public Map<Long, String> of(Collection<Recommendation> recommendations) {
    var open =
        recommendations.stream()
            .filter(r -> r.state() == State.PROPOSED || r.state() == State.APPROVED)
            .toList();
    var said = new HashMap<Long, String>();
    if (open.isEmpty()) {
      return said;
    }
    var ids = open.stream().map(r -> r.vmId().value()).toList();
    var options = new HashMap<Long, MoveOptions>();
    vms.findByIdIn(ids).forEach(vm -> options.put(vm.id().value(), vm.moveOptions()));
    var ofPools = new HashMap<Long, MoveOptions>();
    for (HostPool pool : pools.findAllByOrderByName()) {
      ofPools.put(pool.id().value(), pool.moveOptions());
    }
    var moved =
        new HashSet<>(
            jdbc.sql(
                    """
                    select distinct vm_id from migration
                    where vm_id in (:ids) and state = 'COMPLETED'
                    """)
                .param("ids", ids)
                .query(Long.class)
                .list());
    for (var each : open) {
      long vm = each.vmId().value();
      var holds =
          options
              .getOrDefault(vm, MoveOptions.NONE)
              .over(ofPools.getOrDefault(each.poolId().value(), MoveOptions.NONE));
      var why = WhyCheckpoint.of(holds, moved.contains(vm), Boolean.TRUE.equals(holds.postCopy()));
      if (why != null) {
        said.put(each.id(), sentence(why));
      }
    }
    return said;
  }

  private static String sentence(WhyCheckpoint why) {
    return switch (why) {
      case EACH_MOVE, FIRST_MOVE -> "A checkpoint is taken first, because " + why.words() + ".";
      case POST_COPY ->
          "If the move turns out to need post-copy, a checkpoint is taken first where it can be.";
    };
  }
}
