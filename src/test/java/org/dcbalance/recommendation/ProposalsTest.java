package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Rule;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.NamedOptions;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.data.domain.Limit;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What operators see of rounds that do not agree with each other. */
@ConsoleTest
class ProposalsTest {
  private static final Limits LIMITS = Limits.DEFAULTS;
  @Autowired private Proposals proposals;
  @Autowired private CheckpointsFirst first;
  @Autowired private Recommendations recommendations;
  @Autowired private Approvals approvals;
  @Autowired private Rounds rounds;
  @Autowired private Pools pools;
  @Autowired private JdbcClient jdbc;
  @Autowired private TransactionTemplate transaction;

  private final Instant start = Instant.now();
  private final List<Long> hosts = new ArrayList<>();
  private final List<Long> vms = new ArrayList<>();
  private @Nullable HostPool pool;
  private int minute;

  /** A paused pool of a hot host and two others, so that no round but those of the test is run. */
  @BeforeEach
  void setUp() {
    long id =
        jdbc.sql(
                "insert into pool (name, paused) values ('calm ' || gen_random_uuid(), true)"
                    + " returning id")
            .query(Long.class)
            .single();
    for (int i = 0; i < 3; i++) {
      hosts.add(
          jdbc.sql(
                  "insert into host (pool_id, name, uri, removed_at)"
                      + " values (:pool, :name, :name, now()) returning id")
              .param("pool", id)
              .param("name", "calm-" + id + "-" + i)
              .query(Long.class)
              .single());
    }
    for (int i = 0; i < 5; i++) {
      vms.add(
          jdbc.sql(
                  """
                  insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, gone_since)
                  values (gen_random_uuid(), :host, 'calm', 'RUNNING', 1, 1, 1, now()) returning id
                  """)
              .param("host", hosts.getFirst())
              .query(Long.class)
              .single());
    }
    pool = pools.findById(id).orElseThrow();
  }

  @Test
  void a_second_round_right_after_the_first_proposes_nothing_new() {
    round(decide());
    var first = shown();
    assertThat(first).isNotEmpty();
    assertThat(round(decide())).isFalse();
    assertThat(shown()).isEqualTo(first);
  }

  @Test
  void a_quiet_round_and_the_hold_after_it_take_nothing_back() {
    round(decide());
    var first = shown();
    round(balanced());
    round(holding(1));
    round(holding(2));
    assertThat(shown()).isEqualTo(first);
    round(decide());
    assertThat(shown()).isEqualTo(first);
    // the count begins anew
    round(balanced());
    assertThat(shown()).isEqualTo(first);
  }

  @Test
  void what_no_round_confirms_any_more_is_superseded() {
    round(decide());
    for (int i = 0; i < LIMITS.holdRounds(); i++) {
      round(balanced());
      // a round that knows nothing counts for nothing
      round(new Decision.NotEnoughData(List.of()));
    }
    assertThat(shown()).isNotEmpty();
    round(balanced());
    assertThat(shown()).isEmpty();
  }

  @Test
  void another_target_does_not_take_turns_with_the_first_one() {
    round(decide());
    var first = shown();
    assertThat(round(decide(first.getFirst()))).isFalse();
    assertThat(shown()).isEqualTo(first);
    round(decide());
    assertThat(round(decide(first.getFirst()))).isFalse();
    assertThat(shown()).isEqualTo(first);
    // but when it lasts, the other one is proposed
    boolean added = false;
    for (int i = 0; i < LIMITS.holdRounds(); i++) {
      added |= round(decide(first.getFirst()));
    }
    assertThat(added).isTrue();
    assertThat(shown()).isNotEmpty().doesNotContain(first.getFirst());
  }

  @Test
  void a_checkpoint_before_a_first_move_is_said_with_its_reason() {
    round(decide());
    assertThat(first.of(proposed())).as("nobody asks for one").isEmpty();
    var asking = pools.findById(pool().id().value()).orElseThrow();
    asking.moveBy(NamedOptions.options(Map.of("checkpointFirstMove", true)));
    pools.save(asking);
    assertThat(first.of(proposed()))
        .hasSameSizeAs(proposed())
        .containsValue(
            "A checkpoint is taken first, because DCbalance has never moved it, and one is asked"
                + " for before a first move.");
    var moved = proposed().getFirst();
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why,
              requested_by, created_at, finished_at)
            values (:pool, :vm, :source, :target, 'COMPLETED', 'DONE', '', 'ann', now(), now())
            """)
        .param("pool", pool().id().value())
        .param("vm", moved.vmId().value())
        .param("source", moved.sourceId().value())
        .param("target", moved.targetId().value())
        .update();
    assertThat(first.of(proposed())).doesNotContainKey(moved.id());
  }

  @Test
  void what_has_become_impossible_goes_at_once() {
    round(decide());
    var decision = balanced();
    var closed =
        new Pool(
            "calm",
            at(),
            snapshot(null).hosts().stream().map(host -> host.closedFor("maintenance")).toList(),
            snapshot(null).vms(),
            5,
            List.of());
    round(decision, closed);
    assertThat(shown()).isEmpty();
  }

  @Test
  void what_was_approved_while_the_round_decided_is_not_proposed_again() {
    round(decide());
    var approved = proposed().getFirst();
    jdbc.sql(
            """
            update recommendation set state = 'APPROVED', decided_by = 'ann', decided_at = now()
            where id = :id
            """)
        .param("id", approved.id())
        .update();
    round(decide());
    assertThat(proposed()).noneMatch(r -> r.vmId().equals(approved.vmId()));
  }

  @Test
  void what_a_rule_does_not_part_is_approved_and_rejected_as_one() {
    round(decideOnPair());
    var first = proposed();
    assertThat(first).hasSize(2);
    assertThat(first).extracting(r -> r.together().size()).containsOnly(1);
    approvals.reject(first.getFirst().id(), new Operator("ann"), "not now");
    assertThat(proposed()).isEmpty();
    assertThat(recommendations.findById(first.getLast().id()).orElseThrow().state())
        .isEqualTo(Recommendation.State.REJECTED);

    round(decideOnPair());
    var again = proposed();
    var awake = pools.findById(pool().id().value()).orElseThrow();
    awake.pause(false);
    pools.save(awake);
    approvals.approve(again.getLast().id(), new Operator("ann"));
    var queued =
        jdbc.sql("select count(*) from migration where recommendation_id in (:ids)")
            .param("ids", again.stream().map(Recommendation::id).toList())
            .query(Long.class)
            .single();
    assertThat(queued).isEqualTo(2);
  }

  @Test
  void a_move_is_measured_without_those_before_it_that_nobody_approved() {
    round(decide());
    var plan = proposed().stream().sorted(Recommendation.AS_PLANNED).toList();
    assertThat(plan).hasSizeGreaterThan(1);
    var first = plan.getFirst();
    var second = plan.get(1);
    double promised = second.imbalanceBefore() - second.imbalanceAfter();
    approvals.reject(first.id(), new Operator("ann"), "not now");
    var awake = pools.findById(pool().id().value()).orElseThrow();
    awake.pause(false);
    pools.save(awake);
    approvals.approve(second.id(), new Operator("ann"));
    var approved = recommendations.findById(second.id()).orElseThrow();
    assertThat(approved.imbalanceBefore()).isCloseTo(first.imbalanceBefore(), within(1e-9));
    assertThat(approved.imbalanceBefore() - approved.imbalanceAfter())
        .isCloseTo(promised, within(1e-9));
  }

  @Test
  void what_nobody_looked_at_did_not_stay_out_of_bounds() {
    round(balanced());
    jdbc.sql("update round set out_of_bounds = 57 where pool_id = :pool")
        .param("pool", pool().id().value())
        .update();
    assertThat(rounds.outOfBounds(pool().id(), at().minusSeconds(1))).isEqualTo(57);
    assertThat(rounds.outOfBounds(pool().id(), at().plusSeconds(1))).isZero();
  }

  private List<Recommendation> proposed() {
    return recommendations.findByPoolIdAndStateInOrderByIdDesc(
        pool().id().value(), List.of(Recommendation.State.PROPOSED), Limit.unlimited());
  }

  /** Decide where a rule keeps the first two VMs together, and all others are tied. */
  private Decision decideOnPair() {
    var pair = List.of(new VmId(vms.get(0)), new VmId(vms.get(1)));
    var snapshot = snapshot(null);
    var tied =
        snapshot.vms().stream()
            .map(vm -> pair.contains(vm.id()) ? vm : vm.held(List.of("Of the test."), Map.of()))
            .toList();
    var rule = new Rule("pair", Rule.Kind.TOGETHER, true, pair, List.of());
    return new DcBalance()
        .decide(snapshot.with(snapshot.hosts(), tied).ruledBy(List.of(rule)), LIMITS);
  }

  private HostPool pool() {
    return java.util.Objects.requireNonNull(pool);
  }

  /** Each proposal that stands, as "id: vm to host". */
  private List<String> shown() {
    return recommendations
        .findByPoolIdAndStateInOrderByIdDesc(
            pool().id().value(), List.of(Recommendation.State.PROPOSED), Limit.unlimited())
        .stream()
        .map(r -> r.id() + ": " + r.vmId() + " to " + r.targetId())
        .toList();
  }

  private boolean round(Decision decision) {
    return round(decision, snapshot(null));
  }

  private boolean round(Decision decision, Pool snapshot) {
    minute++;
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              boolean thin = decision instanceof Decision.NotEnoughData;
              var round =
                  rounds.add(
                      new Round(
                          0,
                          pool().id().value(),
                          0,
                          at(),
                          Duration.ZERO,
                          "DCbalance",
                          thin ? "NOT_ENOUGH_DATA" : "BALANCED",
                          thin ? null : 0.5,
                          null,
                          0.15,
                          Duration.ofMinutes(10),
                          "A round of the test.",
                          List.of(),
                          List.of(),
                          0,
                          "test",
                          null,
                          Duration.ZERO));
              return proposals.take(snapshot, pool(), LIMITS, round, decision);
            }));
  }

  private Instant at() {
    return start.plus(Duration.ofMinutes(minute));
  }

  private static Decision balanced() {
    return new Decision.Balanced(Imbalance.NONE, List.of());
  }

  private static Decision holding(int rounds) {
    return new Decision.Holding(Imbalance.NONE, rounds, LIMITS.holdRounds());
  }

  private Decision decide() {
    return new DcBalance().decide(snapshot(null), LIMITS);
  }

  /** Decide as if the target of what is shown were refused. */
  private Decision decide(String shown) {
    var target = hosts.stream().filter(h -> shown.endsWith("to " + new HostId(h))).findFirst();
    return new DcBalance().decide(snapshot(new HostId(target.orElseThrow())), LIMITS);
  }

  private Pool snapshot(@Nullable HostId refusing) {
    var hostLoads =
        hosts.stream()
            .map(
                id ->
                    new HostLoad(
                        new HostId(id), "h" + id, 16, Memory.ofGiB(64), Load.NONE, 1, null))
            .toList();
    var load = new Load(3, Memory.ofGiB(4), ByteRate.ZERO, ByteRate.ZERO);
    var vmLoads =
        vms.stream()
            .map(
                id ->
                    new VmLoad(
                        new VmId(id),
                        "vm" + id,
                        new HostId(hosts.getFirst()),
                        load,
                        load,
                        Memory.ofGiB(4),
                        null,
                        null,
                        List.of(),
                        refusing == null ? Map.of() : Map.of(refusing, "of the test"),
                        null,
                        null,
                        List.of()))
            .toList();
    return new Pool("calm", at(), hostLoads, vmLoads, 5, List.of());
  }
}
