package org.dcbalance.migration;

import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.event.TransactionalEventListener;

/**
 * Look at the table of migrations, and give each that needs driving a thread of its own, while this
 * console holds the lease. The table is the truth: what is held here only keeps a migration from
 * being driven twice by this console.
 */
@Component
class MigrationRunner implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(MigrationRunner.class);

  private record Driven(Claim claim, Thread thread) {}

  private final Migrations migrations;
  private final Hosts hosts;
  private final Leadership leadership;
  private final Installation installation;
  private final MigrationSettings settings;
  private final MigrationDrive.Tools tools;
  private final JdbcClient jdbc;
  private final MigrationTurns turns;
  private final ConcurrentHashMap<Long, Driven> driven = new ConcurrentHashMap<>();
  private final ReentrantLock looking = new ReentrantLock();
  private boolean stopped;

  MigrationRunner(
      Migrations migrations,
      Hosts hosts,
      Leadership leadership,
      Installation installation,
      MigrationSettings settings,
      MigrationDrive.Tools tools,
      JdbcClient jdbc) {
    this.migrations = migrations;
    this.hosts = hosts;
    this.leadership = leadership;
    this.installation = installation;
    this.settings = settings;
    this.tools = tools;
    this.jdbc = jdbc;
    this.turns = new MigrationTurns(jdbc, tools.pools(), tools.desk().clock());
  }

  /** Take up what needs driving, if this console holds the lease; otherwise let everything go. */
  @Scheduled(fixedDelay = 500)
  void look() {
    if (!looking.tryLock()) {
      return;
    }
    try {
      var epoch = leadership.epoch();
      driven.values().stream()
          .filter(d -> epoch.isEmpty() || d.claim().epoch() != epoch.getAsLong())
          .forEach(this::release);
      if (epoch.isPresent() && !stopped && mayAct(epoch.getAsLong())) {
        takeUp(epoch.getAsLong());
        Runnable confirm = () -> tools.desk().confirm(epoch.getAsLong());
        tools.leftOvers().sweep(confirm);
        tools.halfCopies().sweep(confirm);
        tools.leftDefinitions().sweep(confirm);
      }
    } catch (DataAccessException | TransactionException | LeadershipLost e) {
      log.warn("The queue of migrations could not be read: {}", e.getMessage());
    } finally {
      looking.unlock();
    }
  }

  private boolean mayAct(long epoch) {
    if (installation.mayAct(epoch)) {
      return true;
    }
    driven.values().forEach(this::release);
    return false;
  }

  @TransactionalEventListener(fallbackExecution = true)
  void on(MigrationQueued queued) {
    // not in the thread of whoever approved
    Thread.ofVirtual().name("migration-queued").start(this::look);
  }

  private void takeUp(long epoch) {
    var rows = migrations.findByStateInOrderById(MigrationState.OPEN);
    for (var row : rows) {
      if (row.state() != MigrationState.PENDING) {
        drive(row.id(), epoch, false);
      }
    }
    var now = tools.desk().clock().instant();
    var overdue =
        rows.stream()
            .filter(row -> row.state() == MigrationState.PENDING && row.overdueAt(now))
            .toList();
    if (!overdue.isEmpty()) {
      overdue.forEach(row -> tools.desk().cancelOverdue(row.id(), epoch));
      rows = migrations.findByStateInOrderById(MigrationState.OPEN);
    }
    var quiet = turns.quiet(rows);
    var queued = new ArrayList<MigrationSlots.Move>();
    var underWay = new ArrayList<>(turns.underWay(rows));
    for (var move : turns.queued(rows)) {
      if (driven.containsKey(move.id())) {
        // taken up a moment ago, which its row may not say yet
        underWay.add(move);
      } else if (!quiet.containsKey(move.id())) {
        queued.add(move);
      }
    }
    var next = MigrationSlots.of(queued, underWay, caps(), settings.atOnce());
    next.start().forEach(id -> drive(id, epoch, true));
    next.waiting().forEach(this::showWaiting);
    quiet.forEach(this::showWaiting);
  }

  private void drive(long id, long epoch, boolean queued) {
    driven.computeIfAbsent(
        id,
        key -> {
          var claim = new Claim(id, epoch);
          var drive = new MigrationDrive(tools, claim, queued);
          var thread =
              Thread.ofPlatform()
                  .daemon()
                  .name("migration-" + id)
                  .unstarted(
                      () -> {
                        try {
                          drive.run();
                        } finally {
                          // an order that has not gone out by now must not: its move was settled
                          claim.release();
                          forget(claim);
                        }
                      });
          thread.start();
          return new Driven(claim, thread);
        });
  }

  private void showWaiting(long id, String slot) {
    jdbc.sql(
            """
            update migration set sentence = :slot, version = version + 1
            where id = :id and state = 'PENDING' and sentence <> :slot
            """)
        .param("slot", slot)
        .param("id", id)
        .update();
  }

  private Map<Long, MigrationSlots.HostCaps> caps() {
    return hosts.findAllByOrderByName().stream()
        .collect(Collectors.toMap(h -> h.id().value(), settings::caps));
  }

  private void release(Driven drive) {
    drive.claim().release();
    drive.thread().interrupt();
    forget(drive.claim());
  }

  private void forget(Claim claim) {
    driven.computeIfPresent(claim.migration(), (id, d) -> d.claim() == claim ? null : d);
  }

  /** Tell which migrations this console drives now. */
  Set<Long> drives() {
    return Set.copyOf(driven.keySet());
  }

  /**
   * Let go of everything; jobs on the hosts go on, and whoever holds the lease next adopts them.
   */
  @Override
  public void destroy() {
    // a look under way would otherwise take up again what is let go here
    looking.lock();
    try {
      stopped = true;
      driven.values().forEach(this::release);
    } finally {
      looking.unlock();
    }
  }
}
