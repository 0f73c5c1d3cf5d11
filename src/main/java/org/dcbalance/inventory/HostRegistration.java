package org.dcbalance.inventory;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.LastChange;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Add, change and remove hosts. A host is stored only once it answered, is of a kind that we
 * support, and is not in the inventory under another name.
 */
@Component
public class HostRegistration {
  private final Hosts hosts;
  private final Pools pools;
  private final Connections connections;
  private final FleetEvents events;
  private final AuditLog audit;
  private final LastChange last;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;
  private final ApplicationEventPublisher publisher;
  private final VmClaims claims;
  private final Clock clock;

  HostRegistration(
      Hosts hosts,
      Pools pools,
      Connections connections,
      FleetEvents events,
      AuditLog audit,
      LastChange last,
      JdbcClient jdbc,
      TransactionTemplate transaction,
      ApplicationEventPublisher publisher,
      VmClaims claims,
      Clock clock) {
    this.hosts = hosts;
    this.pools = pools;
    this.connections = connections;
    this.events = events;
    this.audit = audit;
    this.last = last;
    this.jdbc = jdbc;
    this.transaction = transaction;
    this.publisher = publisher;
    this.claims = claims;
    this.clock = clock;
  }

  /**
   * Describe a host as an administrator enters it.
   *
   * @param peerUri how other hosts reach it; null if by the same URI
   * @param poolId null for the default pool
   */
  public record Entry(String name, String uri, @Nullable String peerUri, @Nullable Long poolId) {
    public Entry {
      // a body may leave out what a form has empty
      name = Objects.requireNonNullElse(name, "").strip();
      uri = Objects.requireNonNullElse(uri, "").strip();
      peerUri = peerUri == null || peerUri.isBlank() ? null : peerUri.strip();
    }
  }

  /**
   * Report a connection test.
   *
   * @param reach one line per other host of the pool: whether each reaches the other
   */
  public record Tested(HostFacts facts, int guests, List<Reach> reach) {}

  /**
   * Whether one host reaches another.
   *
   * @param tried whether that can be found out before a migration
   * @param problem null if it reaches it; otherwise why not, or why that cannot be tried
   */
  public record Reach(String from, String to, boolean tried, @Nullable String problem) {}

  /**
   * Try an entry without storing it.
   *
   * @throws Problem with the sentence that says what is wrong
   */
  public Tested test(Entry entry, @Nullable HostId existing) {
    var pool = pool(entry);
    checkNew(entry, existing);
    try (var hypervisor = connect(entry, pool)) {
      var facts = facts(hypervisor, entry);
      checkNotKnown(facts, existing);
      return new Tested(
          facts, hypervisor.guests().size(), reach(entry, pool, hypervisor, existing));
    } catch (HypervisorException e) {
      throw unreachable(e.sentence(), e);
    }
  }

  /**
   * Add a host.
   *
   * @throws Problem with the sentence that says why it was not added
   */
  public Host add(Entry entry, Operator by) {
    var pool = pool(entry);
    checkNew(entry, null);
    var facts = read(entry, pool);
    checkNotKnown(facts, null);
    var added =
        Objects.requireNonNull(
            transaction.execute(
                status -> {
                  var host =
                      new Host(
                          pool.id(), entry.name(), entry.uri(), entry.peerUri(), clock.instant());
                  host.learn(facts);
                  var stored = hosts.save(host);
                  events.record(
                      Severity.INFO,
                      "host-added",
                      pool.id(),
                      stored.id(),
                      null,
                      entry.name() + " was added by " + by.name() + ".");
                  audit.note(by, Act.HOST_ADDED, thing(stored), Facts.NONE, facts(stored));
                  return stored;
                }));
    publisher.publishEvent(new InventoryChanged(added.id()));
    return added;
  }

  /**
   * Change how a host is called or reached, after it answered by the new URI.
   *
   * @param seen the version that was shown; null where nothing but what is sent is changed
   * @throws Problem CONFLICT if it was changed since; with the sentence that says what else is
   *     wrong
   */
  public Host change(HostId id, @Nullable Long seen, Entry entry, Operator by) {
    var before = hosts.require(id);
    requireSeen(before, seen);
    var pool = pool(entry);
    checkNew(entry, id);
    var facts = entry.uri().equals(before.uri()) ? null : read(entry, pool);
    if (facts != null) {
      checkNotKnown(facts, id);
      requireSameMachine(before, facts);
    } else if (entry.peerUri() != null) {
      checkPeer(entry.peerUri());
    }
    if (!pool.id().equals(before.poolId())) {
      checkPoolFits(entry, pool);
    }
    var changed =
        Objects.requireNonNull(
            transaction.execute(
                status -> {
                  var host = hosts.require(id);
                  var was = facts(host);
                  // connecting takes its time
                  requireSeen(host, seen);
                  if (facts != null || !pool.id().equals(host.poolId())) {
                    requireNoMigration(host);
                  }
                  host.rename(entry.name());
                  host.connectBy(entry.uri(), entry.peerUri());
                  host.moveTo(pool.id());
                  if (facts != null) {
                    host.learn(facts);
                  }
                  var stored = hosts.save(host);
                  events.record(
                      Severity.INFO,
                      "host-changed",
                      pool.id(),
                      id,
                      null,
                      entry.name() + " was changed by " + by.name() + ".");
                  audit.change(by, Act.HOST_CHANGED, thing(stored), was, facts(stored));
                  return stored;
                }));
    if (facts != null) {
      connections.forget(id);
    }
    publisher.publishEvent(new InventoryChanged(id));
    return changed;
  }

  /** Put a host into maintenance (it takes no more guests) or back. */
  public Host maintain(HostId id, boolean on, Operator by) {
    var changed =
        Objects.requireNonNull(
            transaction.execute(
                status -> {
                  var host = hosts.require(id);
                  var was = facts(host);
                  host.maintain(on);
                  audit.change(by, Act.HOST_MAINTENANCE, thing(host), was, facts(host));
                  events.record(
                      Severity.INFO,
                      "host-maintenance",
                      host.poolId(),
                      id,
                      null,
                      host.name()
                          + (on ? " was put into maintenance by " : " takes guests again, says ")
                          + by.name()
                          + ".");
                  return hosts.save(host);
                }));
    publisher.publishEvent(new InventoryChanged(id));
    return changed;
  }

  /**
   * Take a host out of the inventory; nothing is changed on the host itself, and its history stays.
   *
   * @throws Problem if a migration from or to it is under way, or other work on one of its guests
   */
  public void remove(HostId id, Operator by) {
    transaction.executeWithoutResult(
        status -> {
          var host = hosts.require(id);
          requireNoMigration(host);
          requireIdle(host);
          audit.note(by, Act.HOST_REMOVED, thing(host), facts(host), Facts.NONE);
          host.remove(clock.instant());
          hosts.save(host);
          jdbc.sql("update vm set gone_since = now() where host_id = :id and gone_since is null")
              .param("id", id.value())
              .update();
          jdbc.sql(
                  "update vm set second_host_id = null, second_since = null where second_host_id = :id")
              .param("id", id.value())
              .update();
          events.record(
              Severity.INFO,
              "host-removed",
              host.poolId(),
              id,
              null,
              host.name() + " was removed from the inventory by " + by.name() + ".");
        });
    connections.forget(id);
    publisher.publishEvent(new InventoryChanged(id));
  }

  private void requireNoMigration(Host host) {
    boolean busy =
        jdbc.sql(
                """
                select exists (select 1 from vm
                    where moving_to is not null and (host_id = :id or moving_to = :id))
                  or exists (select 1 from migration
                    where state in ('PENDING', 'RUNNING', 'LOST')
                      and (source_id = :id or target_id = :id))
                """)
            .param("id", host.id().value())
            .query(Boolean.class)
            .single();
    if (busy) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "A migration from or to " + host.name() + " is queued, under way or lost.",
          "Maybe cancel a queued one, wait until it has ended, or close a lost one by hand on its"
              + " page.");
    }
  }

  /** What one machine says of a guest must never count as another one's word. */
  private static void requireSameMachine(Host host, HostFacts facts) {
    var known = host.uuid();
    if (known != null && facts.uuid() != null && !known.equals(facts.uuid())) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Another machine answers there: "
              + host.name()
              + " has the UUID "
              + known
              + ", and this one has "
              + facts.uuid()
              + ".",
          "Maybe add it as a host of its own, and remove the one that is gone.");
    }
  }

  private void requireIdle(Host host) {
    jdbc
        .sql("select id from vm where host_id = :id and gone_since is null order by id")
        .param("id", host.id().value())
        .query((row, n) -> new VmId(row.getLong(1)))
        .list()
        .stream()
        .flatMap(vm -> claims.on(vm).stream())
        .findFirst()
        .ifPresent(
            sentence -> {
              throw new Problem(ErrorCode.CONFLICT, sentence, "Maybe wait until that has ended.");
            });
  }

  /**
   * Make sure that whoever changes a host has seen it as it is.
   *
   * @throws Problem CONFLICT if it was changed since that version was shown
   */
  public void requireSeen(HostId id, @Nullable Long seen) {
    requireSeen(hosts.require(id), seen);
  }

  private void requireSeen(Host host, @Nullable Long seen) {
    last.requireSeen(thing(host), seen, host.version(), Act.HOST_CHANGED, Act.HOST_MAINTENANCE);
  }

  private static Thing thing(Host host) {
    return Thing.host(host.id(), host.name());
  }

  private Facts facts(Host host) {
    return Facts.of("name", host.name())
        .and("pool", pools.findById(host.poolId().value()).map(HostPool::name).orElse(null))
        .and("uri", host.uri())
        .and("peer uri", host.peerUri())
        .and("maintenance", host.maintenance());
  }

  private HostPool pool(Entry entry) {
    Optional<HostPool> pool =
        entry.poolId() == null ? pools.findByName("default") : pools.findById(entry.poolId());
    return pool.orElseThrow(
        () ->
            new Problem(
                ErrorCode.BAD_REQUEST,
                entry.poolId() == null
                    ? "There is no pool named default."
                    : "There is no pool " + entry.poolId() + ".",
                "Maybe choose one of the pools listed under Pools."));
  }

  private void checkNew(Entry entry, @Nullable HostId except) {
    duplicate(hosts.findByName(entry.name()), except, "the name " + entry.name());
    duplicate(hosts.findByUri(entry.uri()), except, "this URI");
  }

  private void checkNotKnown(HostFacts facts, @Nullable HostId except) {
    duplicate(hosts.findByUuid(facts.uuid()), except, "the same host UUID " + facts.uuid());
  }

  private static void duplicate(Optional<Host> other, @Nullable HostId except, String what) {
    if (other.isPresent() && !other.get().id().equals(except)) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "The inventory already has a host with " + what + ": " + other.get().name() + ".",
          "Maybe change that one instead.");
    }
  }

  private Hypervisor connect(Entry entry, HostPool pool) {
    connections.check(entry.uri());
    checkPoolFits(entry, pool);
    if (entry.peerUri() != null) {
      checkPeer(entry.peerUri());
    }
    return connections.connect(entry.uri());
  }

  private void checkPeer(String peerUri) {
    try {
      connections.checkPeer(peerUri);
    } catch (Problem e) {
      throw new Problem(e.code(), "The peer URI: " + e.sentence(), e.advice(), e);
    }
  }

  private static void checkPoolFits(Entry entry, HostPool pool) {
    boolean simulated = entry.uri().startsWith("simulated:");
    if (simulated != pool.simulated()) {
      throw new Problem(
          ErrorCode.REFUSED,
          simulated
              ? "Simulated hosts live in the simulated pool only, not in " + pool.name() + "."
              : pool.name() + " is a simulated pool and cannot take a real host.",
          "Maybe choose another pool.");
    }
  }

  private HostFacts read(Entry entry, HostPool pool) {
    try (var hypervisor = connect(entry, pool)) {
      return facts(hypervisor, entry);
    } catch (HypervisorException e) {
      throw unreachable(entry.name() + " could not be added: " + e.sentence(), e);
    }
  }

  private static HostFacts facts(Hypervisor hypervisor, Entry entry) {
    var facts = hypervisor.facts();
    if (facts.cores() < 1 || facts.memory().bytes() == 0) {
      throw new Problem(
          ErrorCode.REFUSED,
          entry.name()
              + " says that it has "
              + facts.cores()
              + " CPUs and "
              + facts.memory().mib()
              + " MiB of memory, which cannot be true.",
          "Maybe check the libvirt daemon on it.");
    }
    return facts;
  }

  private static Problem unreachable(String sentence, HypervisorException e) {
    return new Problem(
        e.kind() == HypervisorException.Kind.NO_LIBRARY
            ? ErrorCode.UNAVAILABLE
            : ErrorCode.HYPERVISOR,
        sentence,
        e.kind() == HypervisorException.Kind.NO_LIBRARY
            ? null
            : "Maybe check the URI, that libvirt listens there, and that this console may reach it.",
        e);
  }

  private List<Reach> reach(
      Entry entry, HostPool pool, Hypervisor hypervisor, @Nullable HostId existing) {
    var found = new ArrayList<Reach>();
    var mine = entry.peerUri() == null ? entry.uri() : entry.peerUri();
    for (var other : hosts.findByPoolIdOrderByName(pool.id().value())) {
      if (other.id().equals(existing)) {
        continue;
      }
      found.add(reach(entry.name(), hypervisor, other.name(), other.reachedAt()));
      try {
        found.add(reach(other.name(), connections.to(other), entry.name(), mine));
      } catch (HypervisorException e) {
        found.add(new Reach(other.name(), entry.name(), true, e.sentence()));
      }
    }
    return found;
  }

  private static Reach reach(String from, Hypervisor hypervisor, String to, String peerUri) {
    try {
      return new Reach(from, to, true, hypervisor.reachPeer(peerUri).orElse(null));
    } catch (HypervisorException e) {
      return new Reach(from, to, e.kind() != HypervisorException.Kind.UNSUPPORTED, e.sentence());
    }
  }
}
