package org.dcbalance.pages;

import java.time.Duration;
import java.util.UUID;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.RecordedPool;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What pages act on, and who does it: a pool with recorded load whose hosts do not answer, one
 * without hosts, and the simulated one.
 */
final class ActStage implements AutoCloseable {
  private final JdbcClient jdbc;
  private final Visitor visitor;
  private final String name = "acts-" + UUID.randomUUID().toString().substring(0, 8);
  private final RecordedPool recorded;
  private final SimulatedFleet fleet;
  private final long empty;

  ActStage(JdbcClient jdbc, Visitor visitor) {
    this.jdbc = jdbc;
    this.visitor = visitor;
    fleet = new SimulatedFleet(jdbc);
    recorded = new RecordedPool(jdbc, name, 60);
    empty = id("insert into pool (name) values (:name || '-empty') returning id");
  }

  Visitor visitor() {
    return visitor;
  }

  SimulatedFleet fleet() {
    return fleet;
  }

  /** What everything that is made here is called, or what its name begins with. */
  String name() {
    return name;
  }

  long recorded() {
    return recorded.id();
  }

  long empty() {
    return empty;
  }

  /** Name a host of the recorded pool: the first two have VMs. */
  String host(int number) {
    return name + "-" + number;
  }

  long hostId(int number) {
    return id("select id from host where name = :name || '-%d'".formatted(number));
  }

  /** Name a VM of the recorded pool: the first three are on its first host. */
  String vm(int number) {
    return name + "-vm-" + number;
  }

  long vmId(int number) {
    return id("select id from vm where name = :name || '-vm-%d'".formatted(number));
  }

  /**
   * Give a number of a statement in which :name is the name, and :recorded and :empty the pools.
   */
  long id(String sql) {
    return query(sql, Long.class);
  }

  String word(String sql) {
    return query(sql, String.class);
  }

  boolean is(String sql) {
    return query(sql, Boolean.class);
  }

  private <T> T query(String sql, Class<T> type) {
    return statement(sql).query(type).single();
  }

  void update(String sql) {
    statement(sql).update();
  }

  private JdbcClient.StatementSpec statement(String sql) {
    var statement = jdbc.sql(sql);
    if (sql.contains(":name")) {
      statement = statement.param("name", name);
    }
    if (sql.contains(":recorded")) {
      statement = statement.param("recorded", recorded.id());
    }
    if (sql.contains(":empty")) {
      statement = statement.param("empty", empty);
    }
    return statement;
  }

  /** Wait until a row says a word. */
  void becomes(String word, String sql) {
    Await.until(sql, Duration.ofSeconds(20), () -> word(sql), word::equals);
  }

  @Override
  public void close() {
    update("delete from placement_rule where name like :name || '%'");
    update("delete from notification_destination where name like :name || '%'");
    update("delete from api_token where name = :name");
    update("delete from app_user where name = :name");
    update("delete from migration where requested_by = :name");
    update("delete from pool where name like :name || '-%'");
    recorded.close();
  }
}
