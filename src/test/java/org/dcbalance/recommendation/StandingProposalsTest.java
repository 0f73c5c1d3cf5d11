package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

class StandingProposalsTest {
  private static final Limits LIMITS = Limits.DEFAULTS;

  @Test
  void a_standing_target_is_kept_when_another_is_hardly_better() {
    var standing = new HashMap<VmId, HostId>();
    for (var move : proposal(pool(4.0, 4.2), Map.of()).moves()) {
      standing.put(move.vm().id(), new HostId(move.target().value() == 2 ? 3 : 2));
    }
    assertThat(standing).isNotEmpty();

    var kept = new HashMap<VmId, HostId>();
    proposal(pool(4.0, 4.2), standing).moves().forEach(m -> kept.put(m.vm().id(), m.target()));
    assertThat(kept).isEqualTo(standing);
  }

  @Test
  void a_standing_target_is_given_up_when_another_is_clearly_better() {
    var vm = proposal(pool(1.0, 9.0), Map.of()).moves().getFirst().vm().id();
    var anew = proposal(pool(1.0, 9.0), Map.of(vm, new HostId(3)));
    assertThat(anew.moves()).allMatch(m -> m.target().equals(new HostId(2)));
  }

  private static Decision.Proposal proposal(Pool pool, Map<VmId, HostId> standing) {
    var strategy = new DcBalance();
    return (Decision.Proposal)
        StandingProposals.prefer(strategy, pool, LIMITS, strategy.decide(pool, LIMITS), standing);
  }

  /** A hot host 1, and hosts 2 and 3 whose only VM uses so many cores. */
  private static Pool pool(double coresOfSecond, double coresOfThird) {
    var hosts = new ArrayList<HostLoad>();
    for (long id = 1; id <= 3; id++) {
      hosts.add(new HostLoad(new HostId(id), "h" + id, 16, Memory.ofGiB(64), Load.NONE, 1.0, null));
    }
    var vms = new ArrayList<VmLoad>();
    for (long id = 1; id <= 5; id++) {
      vms.add(vm(id, 1, 3));
    }
    vms.add(vm(6, 2, coresOfSecond));
    vms.add(vm(7, 3, coresOfThird));
    return new Pool("test", Instant.EPOCH, hosts, vms, LIMITS.holdRounds(), List.of());
  }

  private static VmLoad vm(long id, long host, double cores) {
    var load = new Load(cores, Memory.ofGiB(4), ByteRate.ZERO, ByteRate.ZERO);
    return new VmLoad(
        new VmId(id),
        "vm" + id,
        new HostId(host),
        load,
        load,
        Memory.ofGiB(4),
        null,
        null,
        List.of(),
        Map.of(),
        null,
        null,
        List.of());
  }
}
