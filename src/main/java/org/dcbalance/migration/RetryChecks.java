package org.dcbalance.migration;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Tell from the database alone whether a move that failed is still wanted. Whether it can start is
 * for the checks that every move passes.
 */
@Component
class RetryChecks {
  private final JdbcClient jdbc;
  private final PreFlightChecks checks;
  private final Vms vms;
  private final Pools pools;

  RetryChecks(JdbcClient jdbc, PreFlightChecks checks, Vms vms, Pools pools) {
    this.jdbc = jdbc;
    this.checks = checks;
    this.vms = vms;
    this.pools = pools;
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
    if (failed.overdueAt(now)) {
      return "its deadline, " + failed.endByInWords() + ", has passed.";
    }
    var recommendation = failed.recommendationId();
    return recommendation == null
        ? brokenRules(failed)
        : overtaken(recommendation, now).orElse(null);
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
    if (failed.retry().rulesBroken()) {
      return null;
    }
    var rules = checks.rules(failed.vm(), failed.target());
    return rules.ok() ? null : rules.sentence();
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
