package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/** Checkpoints of virtual clusters that the runners of the console under test never see. */
@ConsoleTest
@Transactional
class VirtualClustersTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private VirtualClusters virtualClusters;
  @Autowired private ClusterRows clusters;
  @Autowired private CheckpointRows checkpoints;
  @Autowired private Hosts hosts;
  @Autowired private JdbcClient jdbc;

  /** Have a member in a state of a checkpoint that is complete. */
  private long taken(Checkpoint.State member) {
    long checkpoint = RestoringFleet.checkpoint(jdbc);
    var of = checkpoints.find(checkpoint).orElseThrow();
    var pool = hosts.findById(of.hostId().value()).orElseThrow().poolId();
    long cluster = clusters.add(pool, "deleted shop", List.of(of.vmId()), AMY);
    long taken = clusters.addTaken(cluster, VirtualCluster.Manner.BARRIER, "", AMY);
    clusters.end(taken, VirtualCluster.State.COMPLETE, "");
    checkpoints.join(checkpoint, taken);
    checkpoints.change(checkpoint, Checkpoint.State.COMPLETE, member);
    return taken;
  }

  @Test
  void oneOfWhichAMemberIsBeingVerifiedIsNotDeletedWithoutThatMember() {
    long taken = taken(Checkpoint.State.VERIFYING);
    assertThatThrownBy(() -> virtualClusters.delete(taken, AMY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("is being worked on");
    assertThat(virtualClusters.findTaken(taken).state()).isEqualTo(VirtualCluster.State.COMPLETE);
  }

  @ParameterizedTest
  @EnumSource(
      value = Checkpoint.State.class,
      names = {"COMPLETE", "DAMAGED"})
  void allMembersAreDeletedWithIt(Checkpoint.State member) {
    long taken = taken(member);
    virtualClusters.delete(taken, AMY);
    var deleted = virtualClusters.findTaken(taken);
    assertThat(deleted.state()).isEqualTo(VirtualCluster.State.DELETED);
    assertThat(deleted.members())
        .extracting(Checkpoint::state)
        .containsExactly(Checkpoint.State.DELETING);
  }
}
