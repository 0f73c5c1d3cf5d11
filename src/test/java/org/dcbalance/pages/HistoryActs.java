package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dcbalance.testing.Await;

/** What has happened and was decided, and the reports on it. */
final class HistoryActs {
  private static final String NOTHING = "nothing-is-called-so";

  private final ActStage stage;
  private final Visitor visitor;

  HistoryActs(ActStage stage) {
    this.stage = stage;
    this.visitor = stage.visitor();
  }

  Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    table.put(
        "/events",
        new PageActs(
            () -> shows("/events", "host", NOTHING, "Nothing like that happened"),
            () -> visitor.isRefused("/events?severity=WORSE", 400, "\"severity\" cannot be WORSE."),
            () -> {
              happens();
              shows("/events", "host", stage.host(2), "It moved outside.");
              visitor.finds(
                  "a[download][href*='/api/v1/events.csv?'][href*='" + stage.host(2) + "']");
            }));
    table.put(
        "/audit",
        new PageActs(
            () -> shows("/audit", "q", NOTHING, "Nothing like that is noted"),
            () -> visitor.isRefused("/audit?act=NOTHING", 400, "\"act\" cannot be NOTHING."),
            () -> {
              // its own token was made before
              shows("/audit", "q", stage.name(), stage.name());
              assertThat(visitor.row("admin")).contains(stage.name(), "127.0.0.1");
              visitor.finds("a[download][href*='/api/v1/audit.csv?']");
            }));
    table.put("/rounds", rounds());
    table.put(
        "/rounds/{id}",
        new PageActs(
            () -> {
              visitor.open("/rounds/" + round());
              visitor.sees(
                  "No virtual machine was considered and left.",
                  "What this round decided on is not kept");
            },
            () -> visitor.isRefused("/rounds/999999999", 404, "There is no round 999999999."),
            () -> {
              visitor.open("/rounds/" + replayable());
              visitor.fill("Decide again", "imbalance", "0.01");
              visitor.press("Decide again");
              visitor.sees("Decided again", "Moves it would propose");
              assertThat(visitor.held("Decide again", "imbalance")).isEqualTo("0.01");
            }));
    table.put(
        "/rounds/{id}/replay",
        new PageActs(
            () -> {
              visitor.open("/rounds/" + replayable() + "/replay?strategy=NONE");
              visitor.sees("Moves it would propose (0)", "None.");
            },
            () -> {
              visitor.open("/rounds/" + replayable() + "/replay?cpuPercent=700");
              visitor.sees("Not decided", "A CPU threshold of 700 % makes no sense.");
              assertThat(visitor.held("Decide again", "cpuPercent")).isEqualTo("700");
            },
            () -> {
              visitor.open("/rounds/" + replayable() + "/replay?imbalance=1");
              visitor.sees("This round", "Decided again");
              assertThat(visitor.row("Threshold")).contains("1.00");
            }));
    table.put(
        "/reports/migrations",
        new PageActs(
            () -> shows("/reports/migrations", "q", NOTHING, "No migration ended in this time"),
            () ->
                visitor.isRefused(
                    "/reports/migrations?from=yesterday", 400, "\"from\" cannot be yesterday."),
            () -> {
              long move = measured();
              shows("/reports/migrations", "q", stage.vm(3), stage.vm(3));
              visitor.finds("#move-" + move);
              visitor.finds("a[download][href*='/api/v1/reports/migrations.csv?']");
            }));
    table.put(
        "/reports/downtime",
        new PageActs(
            () -> shows("/reports/downtime", "q", NOTHING, "No measured move in this time"),
            () ->
                visitor.isRefused(
                    "/reports/downtime?from=yesterday", 400, "\"from\" cannot be yesterday."),
            () -> {
              shows("/reports/downtime", "q", stage.vm(3), "Per virtual machine and method");
              assertThat(visitor.row(stage.vm(3))).contains("0.31 s");
              visitor.finds("a[download][href*='/api/v1/reports/downtime.csv?']");
            }));
    table.put(
        "/reports/strategies",
        new PageActs(
            () -> {
              visitor.open("/reports/strategies?pool=" + stage.empty());
              visitor.sees("Nothing to compare", "Too little is recorded");
            },
            () -> {
              visitor.open("/reports/strategies?from=2025-03-01&to=2025-01-01");
              visitor.sees("Nothing to compare", "is before the first one");
            },
            () -> {
              visitor.open("/reports/strategies?pool=" + stage.empty());
              visitor.fill("Show", "pool", "" + stage.recorded());
              visitor.press("Show");
              visitor.sees("What each would have done", "recorded of 4 VMs on 3 hosts");
              assertThat(visitor.row("DCbalance")).contains("decides for this pool");
              visitor.finds("a[download][href*='/api/v1/reports/strategies.csv?']");
            }));
    return table;
  }

  private PageActs rounds() {
    return new PageActs(
        () -> {
          visitor.open("/rounds?shown=" + stage.empty());
          visitor.sees("No round yet");
        },
        () -> visitor.isRefused("/rounds?before=x", 400, "\"before\" cannot be x."),
        () -> {
          long round = round();
          visitor.open("/rounds");
          visitor.press("Balanced");
          visitor.finds("#round-" + round);
          assertThat(visitor.has("#rounds .tone-accent")).as("there are proposals").isFalse();
        });
  }

  /** Fill in the filter of a page, and see what it shows then. */
  private void shows(String page, String field, String value, String words) {
    visitor.open(page);
    visitor.fill("Show", field, value);
    visitor.press("Show");
    visitor.sees(words);
    assertThat(visitor.held("Show", field)).isEqualTo(value);
  }

  private void happens() {
    stage.update(
        """
        insert into fleet_event (pool_id, host_id, severity, kind, sentence)
        select pool_id, id, 'WARN', 'tried', 'It moved outside.' from host where name = :name || '-2'
        """);
  }

  private long round() {
    return stage.id(
        """
        insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold, window_seconds,
          sentence, requested_by)
        select :recorded, 1 + coalesce(max(number), 0), now(), 1, 'DCbalance', 'BALANCED', 0.15, 60, 'Balanced.',
          :name
        from round where pool_id = :recorded returning id
        """);
  }

  /** Find a round of the simulated pool that can be decided again. */
  private long replayable() {
    return Await.until(
        "a round with what it decided on",
        Duration.ofSeconds(30),
        () ->
            stage.id(
                """
                select coalesce(max(i.round_id), 0) from round_input i join round r on r.id = i.round_id
                join pool p on p.id = r.pool_id where p.simulated
                """),
        found -> found > 0);
  }

  private long measured() {
    return stage.id(
        """
        insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
          created_at, started_at, finished_at, downtime_millis, total_millis)
        select h.pool_id, v.id, h.id, h.id, 'COMPLETED', 'DONE', 'Asked for by hand.', :name, now(), now(), now(),
          310, 24000
        from vm v join host h on h.id = v.host_id where v.name = :name || '-vm-3' returning id
        """);
  }
}
