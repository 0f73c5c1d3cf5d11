package org.dcbalance.migration;

import static java.util.stream.Collectors.toMap;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Foresee how many moves would start at once if they were queued now, by the runner's own rule. */
@Component
public class MigrationOutlook {
  private final Migrations migrations;
  private final Hosts hosts;
  private final MigrationSettings settings;
  private final MigrationTurns turns;

  MigrationOutlook(
      Migrations migrations,
      Hosts hosts,
      Pools pools,
      MigrationSettings settings,
      JdbcClient jdbc,
      Clock clock) {
    this.migrations = migrations;
    this.hosts = hosts;
    this.settings = settings;
    this.turns = new MigrationTurns(jdbc, pools, clock);
  }

  /**
   * A move that is not queued yet.
   *
   * @param expected how long it will take
   */
  public record Wish(
      PoolId pool, HostId source, HostId target, Priority priority, Duration expected) {}

  /**
   * What would become of some moves.
   *
   * @param start how many would start at once
   * @param queue how many would wait for others to end
   * @param whys what those would wait for, each once
   */
  public record Outlook(int start, int queue, List<String> whys) {}

  /** How many moves may run at once, as it is set for the installation. */
  public record Caps(int perPool, int perLink, int out, int in, int outOfXen, int intoXen) {}

  public Caps caps() {
    return new Caps(
        settings.perPool(),
        settings.perLink(),
        settings.outPerHost(),
        settings.inPerHost(),
        settings.outPerXenHost(),
        settings.inPerXenHost());
  }

  /** Foresee moves that would be queued now, in this order, beside those that are. */
  public Outlook of(List<Wish> wishes) {
    var open = migrations.findByStateInOrderById(MigrationState.OPEN);
    var quiet = turns.quiet(open);
    var queued =
        new ArrayList<>(
            turns.queued(open.stream().filter(row -> !quiet.containsKey(row.id())).toList()));
    for (int i = 0; i < wishes.size(); i++) {
      var wish = wishes.get(i);
      // no stored move has such an id
      queued.add(
          new MigrationSlots.Move(
              -1L - i,
              wish.pool().value(),
              wish.source().value(),
              wish.target().value(),
              new MigrationSlots.Turn(false, wish.priority(), wish.expected())));
    }
    var next =
        MigrationSlots.of(
            queued,
            turns.underWay(open),
            hosts.findAllByOrderByName().stream()
                .collect(toMap(host -> host.id().value(), settings::caps)),
            settings.atOnce());
    var whys =
        next.waiting().entrySet().stream()
            .filter(each -> each.getKey() < 0)
            .map(Map.Entry::getValue)
            .toList();
    int start = (int) next.start().stream().filter(id -> id < 0).count();
    return new Outlook(start, whys.size(), whys.stream().distinct().toList());
  }
}
