package org.dcbalance.inventory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Keep the rules of pools: which VMs belong together, apart, on certain hosts, or off them. */
@Component
public class PlacementRules {
  private final JdbcClient jdbc;
  private final Pools pools;
  private final FleetEvents events;
  private final ApplicationEventPublisher publisher;

  PlacementRules(
      JdbcClient jdbc, Pools pools, FleetEvents events, ApplicationEventPublisher publisher) {
    this.jdbc = jdbc;
    this.pools = pools;
    this.events = events;
    this.publisher = publisher;
  }

  /** What a rule asks for. */
  public enum Kind {
    TOGETHER("stay on one host"),
    APART("stay on different hosts"),
    ON("run on these hosts alone"),
    OFF("never run on these hosts");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }

    boolean namesHosts() {
      return this == ON || this == OFF;
    }
  }

  /** A VM or a host that a rule speaks of. */
  public record Named(long id, String name) {}

  /**
   * A rule of a pool.
   *
   * @param hard whether no plan may break it
   */
  public record PlacementRule(
      long id,
      long poolId,
      String name,
      Kind kind,
      boolean hard,
      List<Named> vms,
      List<Named> hosts) {}

  /** What makes a rule; hard unless it says otherwise. */
  public record NewRule(
      @Nullable String name,
      @Nullable Kind kind,
      @Nullable Boolean hard,
      @Nullable List<Long> vmIds,
      @Nullable List<Long> hostIds) {}

  /** List the rules of a pool by their names. */
  public List<PlacementRule> of(PoolId pool) {
    return list("where pool_id = :id", pool.value());
  }

  /** List the rules that speak of a VM. */
  public List<PlacementRule> speakingOf(VmId vm) {
    return list(
        "where id in (select rule_id from placement_rule_vm where vm_id = :id)", vm.value());
  }

  private record Row(long id, long poolId, String name, Kind kind, boolean hard) {}

  private record Member(long ruleId, long id, String name) {}

  private List<PlacementRule> list(String which, long id) {
    var rows =
        jdbc.sql(
                "select id, pool_id, name, kind, hard from placement_rule "
                    + which
                    + " order by name, id")
            .param("id", id)
            .query(new SimplePropertyRowMapper<>(Row.class))
            .list();
    var ids = rows.stream().map(Row::id).toList();
    var vms = members("vm", ids);
    var hosts = members("host", ids);
    return rows.stream()
        .map(
            row ->
                new PlacementRule(
                    row.id(),
                    row.poolId(),
                    row.name(),
                    row.kind(),
                    row.hard(),
                    vms.getOrDefault(row.id(), List.of()),
                    hosts.getOrDefault(row.id(), List.of())))
        .toList();
  }

  private Map<Long, List<Named>> members(String what, List<Long> rules) {
    var byRule = new HashMap<Long, List<Named>>();
    if (!rules.isEmpty()) {
      jdbc.sql(
              "select rule_id, m.id, m.name from placement_rule_%1$s join %1$s m on m.id = %1$s_id where rule_id in (:rules) order by m.name, m.id"
                  .formatted(what))
          .param("rules", rules)
          .query(new SimplePropertyRowMapper<>(Member.class))
          .list()
          .forEach(
              member ->
                  byRule
                      .computeIfAbsent(member.ruleId(), _ -> new ArrayList<>())
                      .add(new Named(member.id(), member.name())));
    }
    return byRule;
  }

  /**
   * Add a rule.
   *
   * @throws Problem if it speaks of too few or of others than the pool's VMs and hosts, or asks for
   *     the opposite of a rule that is there
   */
  @Transactional
  public PlacementRule add(PoolId id, NewRule wanted, Operator by) {
    var pool = pool(id);
    var rule = checked(pool, wanted, 0);
    long added;
    try {
      added =
          jdbc.sql(
                  """
                  insert into placement_rule (pool_id, name, kind, hard, added_by)
                  values (:pool, :name, :kind, :hard, :by) returning id
                  """)
              .param("pool", id.value())
              .param("name", rule.name())
              .param("kind", rule.kind().name())
              .param("hard", rule.hard())
              .param("by", by.name())
              .query(Long.class)
              .single();
    } catch (DuplicateKeyException e) {
      throw named(pool, rule.name(), e);
    }
    rule.vms().forEach(vm -> member("vm", added, vm.id()));
    rule.hosts().forEach(host -> member("host", added, host.id()));
    note(
        pool,
        "%s added the rule %s to %s: %s."
            .formatted(by.name(), rule.name(), pool.name(), said(rule)));
    publisher.publishEvent(
        new Deed(
            by,
            Act.RULE_ADDED,
            Thing.pool(id, pool.name()),
            Facts.NONE,
            Facts.of(rule.name(), said(rule))));
    return list("where id = :id", added).getFirst();
  }

  /**
   * Change a rule; null leaves a thing as it is. A rule that names no hosts any more loses them.
   *
   * @throws Problem NOT_FOUND if the pool has none with this id; otherwise as for one that is added
   */
  @Transactional
  public PlacementRule change(PoolId id, long number, NewRule change, Operator by) {
    var pool = pool(id);
    var old = find(pool, number);
    var kind = change.kind() == null ? old.kind() : change.kind();
    var hosts = change.hostIds() == null && kind.namesHosts() ? ids(old.hosts()) : change.hostIds();
    var rule =
        checked(
            pool,
            new NewRule(
                change.name() == null ? old.name() : change.name(),
                kind,
                change.hard() == null ? old.hard() : change.hard(),
                change.vmIds() == null ? present(pool, old) : change.vmIds(),
                hosts),
            number);
    if (!rule.name().equals(old.name())
        && of(id).stream().anyMatch(other -> other.name().equals(rule.name()))) {
      throw named(pool, rule.name(), null);
    }
    jdbc.sql(
            """
            update placement_rule set name = :name, kind = :kind, hard = :hard, changed_at = now()
            where id = :id
            """)
        .param("name", rule.name())
        .param("kind", rule.kind().name())
        .param("hard", rule.hard())
        .param("id", number)
        .update();
    for (var what : List.of("vm", "host")) {
      jdbc.sql("delete from placement_rule_" + what + " where rule_id = :id")
          .param("id", number)
          .update();
    }
    rule.vms().forEach(vm -> member("vm", number, vm.id()));
    rule.hosts().forEach(host -> member("host", number, host.id()));
    note(
        pool,
        "%s changed the rule %s of %s: %s."
            .formatted(by.name(), rule.name(), pool.name(), said(rule)));
    publisher.publishEvent(
        new Deed(
            by,
            Act.RULE_CHANGED,
            Thing.pool(id, pool.name()),
            Facts.of(old.name(), said(old)),
            Facts.of(rule.name(), said(rule))));
    return list("where id = :id", number).getFirst();
  }

  /** VMs that are gone since are forgotten when a rule is changed. */
  private List<Long> present(HostPool pool, PlacementRule rule) {
    return jdbc
        .sql(
            "select v.id from vm v join host h on h.id = v.host_id where h.pool_id = :pool"
                + " and v.gone_since is null and v.id in (:ids) order by v.name, v.id")
        .param("pool", pool.id().value())
        .param("ids", ids(rule.vms()))
        .query(Long.class)
        .list()
        .stream()
        .map(Objects::requireNonNull)
        .toList();
  }

  private static List<Long> ids(List<Named> some) {
    return some.stream().map(Named::id).toList();
  }

  private static Problem named(HostPool pool, String name, @Nullable Throwable cause) {
    var sentence = pool.name() + " has a rule named " + name + " already.";
    var advice = "Maybe remove that one first.";
    return cause == null
        ? new Problem(ErrorCode.CONFLICT, sentence, advice)
        : new Problem(ErrorCode.CONFLICT, sentence, advice, cause);
  }

  private PlacementRule find(HostPool pool, long number) {
    return of(pool.id()).stream()
        .filter(each -> each.id() == number)
        .findFirst()
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.NOT_FOUND, pool.name() + " has no rule " + number + ".", null));
  }

  private void member(String what, long rule, long id) {
    jdbc.sql(
            "insert into placement_rule_%1$s (rule_id, %1$s_id) values (:rule, :id)"
                .formatted(what))
        .param("rule", rule)
        .param("id", id)
        .update();
  }

  /** Say what a rule asks for, without a full stop. */
  public static String said(PlacementRule rule) {
    return names(rule.vms())
        + (rule.hard() ? " must " : " should ")
        + rule.kind().words()
        + (rule.hosts().isEmpty() ? "" : ": " + names(rule.hosts()));
  }

  private static String names(List<Named> some) {
    return String.join(", ", some.stream().map(Named::name).toList());
  }

  /**
   * Remove a rule.
   *
   * @throws Problem NOT_FOUND if the pool has none with this id
   */
  @Transactional
  public void remove(PoolId id, long rule, Operator by) {
    var pool = pool(id);
    var old = find(pool, rule);
    jdbc.sql("delete from placement_rule where id = :id").param("id", rule).update();
    note(pool, "%s removed the rule %s from %s.".formatted(by.name(), old.name(), pool.name()));
    publisher.publishEvent(
        new Deed(
            by,
            Act.RULE_REMOVED,
            Thing.pool(id, pool.name()),
            Facts.of(old.name(), said(old)),
            Facts.NONE));
  }

  private HostPool pool(PoolId id) {
    return pools
        .findById(id.value())
        .orElseThrow(() -> new Problem(ErrorCode.NOT_FOUND, "There is no pool " + id + ".", null));
  }

  /** Check a rule that takes the place of another one, or of none with 0. */
  private PlacementRule checked(HostPool pool, NewRule wanted, long instead) {
    var name = wanted.name() == null ? "" : wanted.name().strip();
    if (name.isEmpty() || name.length() > 80) {
      throw bad(
          "A rule needs a name of 1 to 80 characters.", "Maybe name it after what it is for.");
    }
    var kind = wanted.kind();
    if (kind == null) {
      throw bad("A rule needs a kind.", "Maybe TOGETHER, APART, ON or OFF.");
    }
    var vms =
        known(
            "select v.id, v.name from vm v join host h on h.id = v.host_id where h.pool_id = :pool"
                + " and v.gone_since is null order by v.name, v.id",
            pool,
            wanted.vmIds(),
            "VM");
    var hosts =
        known(
            "select id, name from host where pool_id = :pool and removed_at is null"
                + " order by name, id",
            pool,
            wanted.hostIds(),
            "host");
    if (vms.size() < (kind.namesHosts() ? 1 : 2)) {
      throw bad(
          "The rule \"%s\" needs at least %s."
              .formatted(name, kind.namesHosts() ? "one VM" : "two VMs"),
          null);
    }
    if (kind.namesHosts() == hosts.isEmpty()) {
      throw bad(
          kind.namesHosts()
              ? "The rule \"" + name + "\" needs at least one host."
              : "A rule that keeps VMs together or apart names no hosts.",
          null);
    }
    boolean hard = wanted.hard() == null || wanted.hard();
    var rule = new PlacementRule(0, pool.id().value(), name, kind, hard, vms, hosts);
    for (var other : of(pool.id())) {
      if (other.id() != instead && opposite(rule, other)) {
        throw new Problem(
            ErrorCode.CONFLICT,
            "The rule %s asks for the opposite: %s.".formatted(other.name(), said(other)),
            "Maybe remove that one first, or make one of them soft.");
      }
    }
    return rule;
  }

  /** Two hard rules of which one keeps together what the other one parts can never both hold. */
  private static boolean opposite(PlacementRule one, PlacementRule other) {
    boolean opposed =
        (one.kind() == Kind.TOGETHER && other.kind() == Kind.APART)
            || (one.kind() == Kind.APART && other.kind() == Kind.TOGETHER);
    return opposed
        && one.hard()
        && other.hard()
        && one.vms().stream().filter(other.vms()::contains).count() > 1;
  }

  private List<Named> known(String all, HostPool pool, @Nullable List<Long> ids, String what) {
    Set<Long> wanted = new TreeSet<>(ids == null ? List.of() : ids);
    var found =
        jdbc
            .sql(all)
            .param("pool", pool.id().value())
            .query(new SimplePropertyRowMapper<>(Named.class))
            .list()
            .stream()
            .filter(each -> wanted.contains(each.id()))
            .toList();
    for (var each : found) {
      wanted.remove(each.id());
    }
    if (!wanted.isEmpty()) {
      throw bad(
          "%s has no %s %s.".formatted(pool.name(), what, wanted.iterator().next()),
          "Maybe it is in another pool.");
    }
    return found;
  }

  private static Problem bad(String sentence, @Nullable String advice) {
    return new Problem(ErrorCode.BAD_REQUEST, sentence, advice);
  }

  private void note(HostPool pool, String sentence) {
    events.record(Severity.INFO, "pool-rules", pool.id(), null, null, sentence);
    publisher.publishEvent(new PoolChanged(pool.id()));
  }

  /** Give the ids of those that a rule names. */
  public static List<HostId> hosts(PlacementRule rule) {
    return rule.hosts().stream().map(host -> new HostId(host.id())).toList();
  }

  /** Give the ids of the VMs that a rule speaks of. */
  public static List<VmId> vms(PlacementRule rule) {
    return rule.vms().stream().map(vm -> new VmId(vm.id())).toList();
  }
}
