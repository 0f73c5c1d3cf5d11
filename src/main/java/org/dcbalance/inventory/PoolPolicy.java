package org.dcbalance.inventory;

import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.LastChange;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Add, change, pause and remove pools, and note who did. */
@Component
public class PoolPolicy {
  private final Pools pools;
  private final Hosts hosts;
  private final FleetEvents events;
  private final AuditLog audit;
  private final LastChange last;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  PoolPolicy(
      Pools pools,
      Hosts hosts,
      FleetEvents events,
      AuditLog audit,
      LastChange last,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.pools = pools;
    this.hosts = hosts;
    this.events = events;
    this.audit = audit;
    this.last = last;
    this.publisher = publisher;
    this.clock = clock;
  }

  /**
   * What is to change; null leaves a thing as it is.
   *
   * @param cpuThreshold share of a host's CPU above which it is overloaded; 0 for that of the
   *     settings
   * @param quietHours as {@link QuietHours} reads it, empty for none
   */
  public record Change(
      @Nullable String name,
      HostPool.@Nullable Automation automation,
      HostPool.@Nullable Urgency automaticFrom,
      @Nullable List<String> sharedStorages,
      @Nullable List<String> networks,
      @Nullable String note,
      HostPool.@Nullable Balancing strategy,
      @Nullable Double cpuThreshold,
      @Nullable String quietHours,
      @Nullable MoveOptions moveOptions,
      @Nullable PoolRoom room,
      @Nullable PoolLimits limits) {
    /** Change what hosts share, or the note. */
    public static Change shared(
        @Nullable List<String> storages, @Nullable List<String> networks, @Nullable String note) {
      return new Change(
          null, null, null, storages, networks, note, null, null, null, null, null, null);
    }

    /** Change how VMs may be moved. */
    public static Change moves(MoveOptions options) {
      return new Change(null, null, null, null, null, null, null, null, null, options, null, null);
    }
  }

  /**
   * Find a pool.
   *
   * @throws Problem if there is none with this id
   */
  public HostPool find(long id) {
    return pools
        .findById(id)
        .orElseThrow(() -> new Problem(ErrorCode.NOT_FOUND, "There is no pool " + id + ".", null));
  }

  @Transactional
  public HostPool add(String name, Operator by) {
    if (pools.findByName(name.strip()).isPresent()) {
      throw new Problem(
          ErrorCode.CONFLICT, "There is a pool named " + name.strip() + " already.", null);
    }
    var pool = pools.save(new HostPool(name, false, List.of()));
    note(pool, "pool-added", "The pool " + pool.name() + " was added by " + by.name() + ".");
    audit.note(by, Act.POOL_ADDED, thing(pool), Facts.NONE, Facts.of("name", pool.name()));
    return pool;
  }

  @Transactional
  public HostPool change(PoolId id, Change change, Operator by) {
    return change(id, null, change, by);
  }

  /**
   * Change a pool, of which more was shown than what was meant to change.
   *
   * @param seen the version that was shown; null not to ask for it
   * @throws Problem CONFLICT if the pool was changed since
   */
  @Transactional
  public HostPool change(PoolId id, @Nullable Long seen, Change change, Operator by) {
    var pool = find(id.value());
    last.requireSeen(
        thing(pool),
        seen,
        pool.version(),
        Act.POOL_CHANGED,
        Act.POOL_PAUSED,
        Act.POOL_RESUMED,
        Act.AUTOMATION_FELL_BACK);
    var was = facts(pool);
    if (change.name() != null && !change.name().equals(pool.name())) {
      if (pools.findByName(change.name().strip()).isPresent()) {
        throw new Problem(
            ErrorCode.CONFLICT,
            "There is a pool named " + change.name().strip() + " already.",
            null);
      }
      pool.rename(change.name());
    }
    apply(pool, change, by, (kind, sentence) -> note(pool, kind, sentence));
    audit.change(by, Act.POOL_CHANGED, thing(pool), was, facts(pool));
    return pools.save(pool);
  }

  /**
   * Show a pool as it would be with a change, which is checked and not stored.
   *
   * @throws Problem if the change would be refused
   */
  @Transactional(propagation = Propagation.NEVER)
  public HostPool tried(PoolId id, Change change, Operator by) {
    var pool = find(id.value());
    apply(pool, change, by, (_, _) -> {});
    return pool;
  }

  /** Hears what changed, to tell people. */
  private interface Told {
    void that(String kind, String sentence);
  }

  private void apply(HostPool pool, Change change, Operator by, Told told) {
    automate(pool, change, by, told);
    decideBy(pool, change, by, told);
    if (change.quietHours() != null) {
      keepQuiet(pool, change.quietHours(), by, told);
    }
    if (change.limits() != null && !change.limits().checked().equals(pool.limits())) {
      pool.limit(change.limits());
      told.that("pool-limits", "%s changed the limits of %s.".formatted(by.name(), pool.name()));
    }
    if (change.room() != null && !change.room().checked().equals(pool.room())) {
      pool.keepRoom(change.room());
      told.that(
          "pool-room",
          "%s changed what %s keeps free and how much its moves may copy."
              .formatted(by.name(), pool.name()));
    }
    if (change.sharedStorages() != null) {
      pool.shareStorages(change.sharedStorages().stream().map(String::strip).toList());
      told.that(
          "pool-storages",
          "%s marked as shared in %s: %s."
              .formatted(
                  by.name(),
                  pool.name(),
                  pool.sharedStorages().isEmpty()
                      ? "nothing"
                      : String.join(", ", pool.sharedStorages())));
    }
    if (change.networks() != null) {
      pool.attachNetworks(change.networks());
    }
    if (change.note() != null) {
      pool.note(change.note());
    }
    if (change.moveOptions() != null) {
      pool.moveBy(change.moveOptions());
      told.that(
          "pool-moves", "%s changed how VMs of %s may be moved.".formatted(by.name(), pool.name()));
    }
  }

  private void automate(HostPool pool, Change change, Operator by, Told told) {
    var from = change.automaticFrom() == null ? pool.automaticFrom() : change.automaticFrom();
    var automation = change.automation() == null ? pool.automation() : change.automation();
    if (automation != pool.automation() || from != pool.automaticFrom()) {
      pool.automate(automation, from, clock.instant());
      told.that(
          "pool-automation",
          "%s was set to %s%s by %s."
              .formatted(
                  pool.name(),
                  switch (automation) {
                    case OBSERVE -> "observe only";
                    case MANUAL -> "manual approval";
                    case AUTOMATIC -> "automatic approval from priority ";
                  },
                  automation == HostPool.Automation.AUTOMATIC
                      ? from.name().toLowerCase(Locale.ROOT)
                      : "",
                  by.name()));
    }
  }

  private static void keepQuiet(HostPool pool, String hours, Operator by, Told told) {
    var before = pool.quietHours();
    pool.keepQuiet(hours.isBlank() ? null : QuietHours.parse(hours));
    var now = pool.quietHours();
    if (!Objects.equals(before, now)) {
      told.that(
          "pool-quiet-hours",
          (now == null
                  ? "%s has no quiet hours any more; set by %s."
                  : "%s is quiet at %3$s: nothing is approved or started without a person then; set by %2$s.")
              .formatted(pool.name(), by.name(), now));
    }
  }

  private static void decideBy(HostPool pool, Change change, Operator by, Told told) {
    var strategy = change.strategy() == null ? pool.strategy() : change.strategy();
    var wanted = change.cpuThreshold();
    var threshold = wanted == null ? pool.cpuThreshold() : wanted == 0 ? null : wanted;
    if (strategy != pool.strategy() || !Objects.equals(threshold, pool.cpuThreshold())) {
      pool.decideBy(strategy, threshold);
      told.that(
          "pool-strategy",
          "%s decides for %s from now on, with a CPU threshold of %s; set by %s."
              .formatted(
                  switch (strategy) {
                    case DCBALANCE -> "DCbalance";
                    case DLB -> "DLB";
                    case OSVD -> "OSVD";
                    case NONE -> "No strategy";
                  },
                  pool.name(),
                  threshold == null ? "the settings" : Math.round(100 * threshold) + " %",
                  by.name()));
    }
  }

  /** Stop, or let go on, everything that DCbalance does by itself or on approval in a pool. */
  @Transactional
  public HostPool pause(PoolId id, boolean paused, Operator by) {
    var pool = find(id.value());
    if (pool.paused() != paused) {
      pool.pause(paused);
      audit.note(by, paused ? Act.POOL_PAUSED : Act.POOL_RESUMED, thing(pool));
      note(
          pool,
          "pool-paused",
          "Balancing of %s was %s by %s."
              .formatted(pool.name(), paused ? "paused" : "resumed", by.name()));
    }
    return pools.save(pool);
  }

  /**
   * Say why a pool without hosts is not removed; empty if it can be: what was recorded of it goes
   * with it, and moves and checkpoints are kept.
   */
  public Optional<String> whyItStays(HostPool pool) {
    return pool.name().equals("default")
        ? Optional.of("The default pool stays: new hosts join it.")
        : pools
            .kept(pool.id().value())
            .map(
                what ->
                    "%s stays: it has %s on record, which would be lost."
                        .formatted(pool.name(), what));
  }

  /**
   * Remove a pool.
   *
   * @throws Problem CONFLICT if it has hosts; REFUSED if something of it is kept
   */
  @Transactional
  public void remove(PoolId id, Operator by) {
    var pool = find(id.value());
    if (hosts.countByPoolId(id.value()) > 0) {
      throw new Problem(
          ErrorCode.CONFLICT,
          pool.name() + " still has hosts.",
          "Maybe move them to another pool or remove them first.");
    }
    whyItStays(pool)
        .ifPresent(
            why -> {
              throw new Problem(ErrorCode.REFUSED, why, "Maybe give it another name instead.");
            });
    audit.note(by, Act.POOL_REMOVED, thing(pool), facts(pool), Facts.NONE);
    pools.delete(pool);
  }

  private static Thing thing(HostPool pool) {
    return Thing.pool(pool.id(), pool.name());
  }

  private static Facts facts(HostPool pool) {
    return Facts.of("name", pool.name())
        .and("automation", pool.automation())
        .and("automatic from", pool.automaticFrom())
        .and("strategy", pool.strategy())
        .and("CPU threshold", pool.cpuThreshold())
        .and("quiet hours", pool.quietHours())
        .and("shared storages", List.copyOf(pool.sharedStorages()))
        .and("networks", List.copyOf(pool.networks()))
        .and("note", pool.note())
        .and("moves", pool.moveOptions())
        .and("room", pool.room())
        .and("limits", pool.limits());
  }

  private void note(HostPool pool, String kind, String sentence) {
    events.record(Severity.INFO, kind, pool.id(), null, null, sentence);
    publisher.publishEvent(new PoolChanged(pool.id()));
  }
}
