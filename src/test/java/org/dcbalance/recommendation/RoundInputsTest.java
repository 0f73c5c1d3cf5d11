package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.MoveTerms;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Rule;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What a round decided on is the same after it was stored. */
@ConsoleTest
class RoundInputsTest {
  private static final Instant AT = Instant.parse("2026-03-01T10:00:00.123456789Z");
  private static final HostId ONE = new HostId(1);
  private static final HostId TWO = new HostId(2);

  @Autowired private RoundInputs inputs;

  @Test
  void everythingOfItIsReadAsItWasWritten() throws IOException {
    var past = new PastMove(new VmId(7), ONE, TWO, AT, true, Duration.ofMillis(1500), null, null);
    var refused = Map.of(TWO, "kvm-02 runs another hypervisor.");
    var pool =
        new Pool(
            "east-1",
            AT,
            List.of(host(ONE, null), host(TWO, "kvm-2 is in maintenance.")),
            List.of(
                vm(7, refused, AT, null, List.of(past)),
                vm(8, refused, null, TWO, List.of()),
                vm(9, Map.of(), null, null, List.of())),
            2,
            List.of(past),
            List.of(
                new Rule(
                    "apart", Rule.Kind.APART, true, List.of(new VmId(7), new VmId(8)), List.of()),
                new Rule("on", Rule.Kind.ON, false, List.of(new VmId(9)), List.of(ONE))));
    for (var limits :
        List.of(
            Limits.DEFAULTS,
            Limits.DEFAULTS
                .withMaxTransfer(Memory.ofMiB(1500))
                .withRoom(new Limits.Room(true, Memory.ofGiB(32), 8)))) {
      var input =
          new RoundInput(
              pool,
              HostPool.Balancing.OSVD,
              Duration.ofSeconds(150),
              limits,
              Map.of(new VmId(7), TWO));
      var packed = Objects.requireNonNull(inputs.pack(input));
      assertThat(inputs.unpack(packed.input())).isEqualTo(input);
    }
  }

  private static HostLoad host(HostId id, String closed) {
    return new HostLoad(id, "kvm-" + id, 16, Memory.ofGiB(64), load(0.1 + 0.2), 0.98, closed);
  }

  private static VmLoad vm(
      long id, Map<HostId, String> refused, Instant rests, HostId movingTo, List<PastMove> past) {
    return new VmLoad(
        new VmId(id),
        "web-0" + id,
        ONE,
        load(1 / 3.0),
        load(2),
        Memory.ofGiB(2),
        rests == null ? null : ByteRate.ofMiB(3.3),
        rests == null ? null : Memory.ofMiB(77),
        movingTo == null ? List.of() : List.of("It is pinned."),
        refused,
        rests,
        movingTo,
        past,
        rests == null
            ? null
            : new MoveTerms(
                Duration.ofMillis(300), true, ByteRate.ofMiB(50), Duration.ofMinutes(5)));
  }

  private static Load load(double cores) {
    return new Load(cores, Memory.ofMiB(900), new ByteRate(12.5), ByteRate.ZERO);
  }
}
