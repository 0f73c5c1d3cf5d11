package org.dcbalance.migration;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Tell from the database alone whether a move is still wanted, before it begins and after it
 * failed. Whether it can start is for the checks that every move passes.
 */
@Component
class StillWanted {
  private final JdbcClient jdbc;
  private final PreFlightChecks checks;
  private final Vms vms;
  private final Pools pools;

  StillWanted(JdbcClient jdbc, PreFlightChecks checks, Vms vms, Pools pools) {
    this.jdbc = jdbc;
    this.checks = checks;
    this.vms = vms;
    this.pools = pools;
  }

  /**
   * Give a sentence why a move is not to begin any more, however long ago it was asked for; null if
   * it is. What a person approved holds until its turn; what nobody approved is as good as its
   * figures, and those are found again.
   */
  @Nullable String whyNotNow(Migration row, HostPool pool, Instant now) {
    boolean automatic = row.requestedBy().equals(Operator.DCBALANCE.name());
    if (automatic && pool.quiet(now)) {
      return "The pool's quiet hours, %s, have begun, and nobody asked for this by hand."
          .formatted(pool.quietHours());
    }
    var recommendation = row.recommendationId();
    if (automatic && recommendation != null) {
      var overtaken = overtaken(recommendation, now);
      if (overtaken.isPresent()) {
        return "Nobody approved it by hand, and it waited too long: " + overtaken.get();
      }
    }
    return brokenNewRules(row);
  }

  /** Give a sentence why it is not to be tried again; null if it is. */
  @Nullable String whyNot(Migration failed, Instant now) {
    var vm = vms.findById(failed.vm().value()).filter(v -> v.goneSince() == null).orElse(null);
    if (vm == null) {
      return "its virtual machine is gone.";
    }
    if (!vm.hostId().equals(failed.source())) {
      return vm.name() + " has left the host that it was to be moved from.";
    }
    if (movedSince(failed)) {
      return "another move of %s was asked for since.".formatted(vm.name());
    }
    if (!known(failed.target().value())) {
      return "its target is not in the inventory any more.";
    }
    var pool = pools.findById(failed.pool().value()).orElse(null);
    if (pool == null || !mayRetry(failed, vm, pool)) {
      return "that is no longer allowed for %s.".formatted(vm.name());
    }
    if (failed.orderOverdueAt(now)) {
      return "its deadline, " + failed.endByInWords() + ", has passed.";
    }
    var recommendation = failed.recommendationId();
    var overtaken =
        recommendation == null ? Optional.<String>empty() : overtaken(recommendation, now);
    return overtaken.orElseGet(
        () -> recommendation == null ? brokenRules(failed) : brokenNewRules(failed));
  }

  private static boolean mayRetry(Migration failed, Vm vm, HostPool pool) {
    return failed.retry().attempt() <= MoveFacts.retries(vm, pool);
  }

  private boolean known(long host) {
    return jdbc.sql("select exists (select from host where id = :id and removed_at is null)")
        .param("id", host)
        .query(Boolean.class)
        .single();
  }

  private boolean movedSince(Migration failed) {
    return jdbc.sql("select exists (select from migration where vm_id = :vm and id > :id)")
        .param("vm", failed.vm().value())
        .param("id", failed.id())
        .query(Boolean.class)
        .single();
  }

  /** Rules may be new, or other guests where they were not. */
  private @Nullable String brokenRules(Migration failed) {
    return brokenRules(failed, _ -> true);
  }

  /** A plan may break a rule for the time of its moves, but none that it did not know. */
  private @Nullable String brokenNewRules(Migration row) {
    return brokenRules(row, newRules(row)::contains);
  }

  private @Nullable String brokenRules(Migration row, LongPredicate among) {
    if (row.retry().rulesBroken()) {
      return null;
    }
    var rules = checks.rules(row.vm(), row.target(), among);
    return rules.ok() ? null : rules.sentence();
  }

  /** A rule that was changed since is another one than the plan knew. */
  private Set<Long> newRules(Migration row) {
    return Set.copyOf(
        jdbc.sql(
                """
            select id from placement_rule
            where coalesce(changed_at, added_at) > (
              select coalesce(r.created_at, m.created_at)
              from migration m left join recommendation r on r.id = m.recommendation_id
              where m.id = :id)
            """)
            .param("id", row.id())
            .query(Long.class)
            .list());
  }

  /** What could not be approved any more is not tried any more either. */
  private Optional<String> overtaken(long recommendation, Instant now) {
    return jdbc.sql(
            """
            select case when state <> 'APPROVED' then
                format('recommendation %s is %s.', id, lower(state))
              when expires_at <= :now then
                format('recommendation %s expired at %s.', id,
                  to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
              end
            from recommendation where id = :id
            """)
        .param("id", recommendation)
        .param("now", Timestamp.from(now))
        .query((row, n) -> Optional.ofNullable(row.getString(1)))
        .optional()
        .orElse(Optional.of("its recommendation is gone."));
  }
}
