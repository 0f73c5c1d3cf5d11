package org.dcbalance.inventory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Keep which hosts are lost: neither libvirt nor their address has answered for a minute, and an
 * administrator says that they are off and cannot come back by themselves. Without that word a host
 * that does not answer may run its VMs.
 */
@Component
public class HostFencing {
  /** How long a host must have been silent. */
  public static final Duration SILENT_FOR = Duration.ofSeconds(60);

  private static final int MOST_WORDS = 500;

  private final JdbcClient jdbc;
  private final Hosts hosts;
  private final FleetEvents events;
  private final AuditLog audit;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  HostFencing(
      JdbcClient jdbc,
      Hosts hosts,
      FleetEvents events,
      AuditLog audit,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.jdbc = jdbc;
    this.hosts = hosts;
    this.events = events;
    this.audit = audit;
    this.publisher = publisher;
    this.clock = clock;
  }

  /** An administrator's word that a host is off. */
  public record Statement(long id, String by, Instant at, String why) {}

  /**
   * How a host stands.
   *
   * @param silentSince since when neither libvirt nor its address has answered; null if something
   *     does, or is not known to be silent
   * @param probe what was found at its address, a sentence; empty if it was not asked
   * @param statement that it is off; null if nobody said so
   * @param whyNot why it cannot be called off now, a sentence; null if it can
   */
  public record Standing(
      @Nullable Instant silentSince,
      String probe,
      @Nullable Statement statement,
      @Nullable String whyNot) {}

  private record Silence(@Nullable Instant since, String probe) {}

  public Standing of(Host host) {
    var silence = silence(host.id()).orElse(new Silence(null, ""));
    boolean down = host.state() == Host.State.DOWN;
    var since = down ? silence.since() : null;
    return new Standing(
        since,
        down ? silence.probe() : "",
        down ? statement(host.id()).orElse(null) : null,
        whyNot(host, since, silence.probe()));
  }

  private @Nullable String whyNot(Host host, @Nullable Instant since, String probe) {
    if (host.state() != Host.State.DOWN) {
      return host.name() + " answers, so nothing of it is restored elsewhere.";
    }
    if (since == null) {
      return "%s does not answer by libvirt, but it is not silent: %s"
          .formatted(host.name(), probe.isEmpty() ? "its address was not asked yet." : probe);
    }
    var longest = since.isAfter(host.stateSince()) ? since : host.stateSince();
    var left = SILENT_FOR.minus(Duration.between(longest, clock.instant()));
    return left.isPositive()
        ? "%s has been silent for less than a minute; %d s are left."
            .formatted(host.name(), left.toSeconds() + 1)
        : null;
  }

  private Optional<Silence> silence(HostId host) {
    return jdbc.sql("select since, probe from host_silence where host_id = :host")
        .param("host", host.value())
        .query(
            (row, n) -> {
              var since = row.getObject("since", OffsetDateTime.class);
              return new Silence(since == null ? null : since.toInstant(), row.getString("probe"));
            })
        .optional();
  }

  private Optional<Statement> statement(HostId host) {
    return jdbc.sql(
            """
            select id, stated_by, stated_at, why from host_fencing
            where host_id = :host and ended_at is null
            """)
        .param("host", host.value())
        .query(
            (row, n) ->
                new Statement(
                    row.getLong("id"),
                    row.getString("stated_by"),
                    row.getObject("stated_at", OffsetDateTime.class).toInstant(),
                    row.getString("why")))
        .optional();
  }

  /** Name the hosts that are said to be off, and whose libvirt does not answer. */
  public Set<HostId> fenced() {
    return fenced("");
  }

  /**
   * Name those of them whose address is silent, too. Where something answers, a machine is on again
   * and may start its VMs, whatever was said of it.
   */
  public Set<HostId> silent() {
    return fenced(
        "and exists (select from host_silence s where s.host_id = h.id and since is not null)");
  }

  private Set<HostId> fenced(String condition) {
    return new HashSet<>(
        jdbc.sql(
                """
                select h.id from host_fencing f join host h on h.id = f.host_id
                where f.ended_at is null and h.state = 'DOWN' and h.removed_at is null
                """
                    + condition)
            .query((row, n) -> new HostId(row.getLong("id")))
            .list());
  }

  /**
   * Take an administrator's word that a host is off.
   *
   * @param typed the host's name
   * @param why how they know
   * @throws Problem NOT_FOUND; BAD_REQUEST for another name or no reason; REFUSED if the host is
   *     not silent for long enough
   */
  @Transactional
  public void state(HostId id, @Nullable String typed, @Nullable String why, Operator by) {
    var host = hosts.require(id);
    if (typed == null || !typed.strip().equals(host.name())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" is not the name of the host, %s."
              .formatted(typed == null ? "" : typed, host.name()),
          "Maybe look again which host is off: were it another one, two machines would run as"
              + " one.");
    }
    var reason = why == null ? "" : why.strip();
    if (reason.isEmpty() || reason.length() > MOST_WORDS) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "How it is known that %s is off is to be said, in at most %d letters."
              .formatted(host.name(), MOST_WORDS),
          "Maybe: its power was cut at the outlet, and stays so.");
    }
    var standing = of(host);
    if (standing.statement() != null) {
      return;
    }
    if (standing.whyNot() != null) {
      throw new Problem(
          ErrorCode.REFUSED, standing.whyNot(), "Maybe wait, or look after what answers there.");
    }
    jdbc.sql(
            "insert into host_fencing (host_id, why, stated_by) values (:host, :why, :by)"
                + " on conflict do nothing")
        .param("host", id.value())
        .param("why", reason)
        .param("by", by.name())
        .update();
    audit.note(
        by,
        Act.HOST_FENCED,
        Thing.host(id, host.name()),
        Facts.NONE,
        Facts.of("why", reason).and("silentSince", String.valueOf(standing.silentSince())));
    record(host, "%s says that %s is off: %s".formatted(by.name(), host.name(), reason));
  }

  /**
   * Take that word back.
   *
   * @throws Problem NOT_FOUND
   */
  @Transactional
  public void takeBack(HostId id, Operator by) {
    var host = hosts.require(id);
    if (end(id, "taken back by " + by.name())) {
      audit.note(by, Act.HOST_FENCING_ENDED, Thing.host(id, host.name()));
      record(host, "%s does not say any more that %s is off.".formatted(by.name(), host.name()));
    }
  }

  /** Give the hosts of which there is something to end once they answer again. */
  Set<HostId> silentOrFenced() {
    return jdbc.sql(
            """
            select host_id from host_silence where since is not null
            union select host_id from host_fencing where ended_at is null
            """)
        .query((row, n) -> new HostId(row.getLong(1)))
        .set();
  }

  /** End what is known and was said of a host that answers again. */
  @Transactional
  void answersAgain(Host host) {
    // what was silent before says nothing of the next time
    jdbc.sql("update host_silence set since = null where host_id = :host and since is not null")
        .param("host", host.id().value())
        .update();
    if (end(host.id(), "the host answers again")) {
      record(
          host,
          "%s answers again, although it was said to be off. What was restored elsewhere is looked"
                  .formatted(host.name())
              + " for on it.");
    }
  }

  private boolean end(HostId host, String because) {
    return jdbc.sql(
                """
                update host_fencing set ended_at = clock_timestamp(), ended_because = :because
                where host_id = :host and ended_at is null
                """)
            .param("because", because)
            .param("host", host.value())
            .update()
        > 0;
  }

  private void record(Host host, String sentence) {
    events.record(Severity.WARN, "host-fencing", host.poolId(), host.id(), null, sentence);
    publisher.publishEvent(new InventoryChanged(host.id()));
  }

  /** Keep what was found at the address of a host whose libvirt does not answer. */
  @Transactional
  void heard(HostId host, AddressProbe.Heard found) {
    jdbc.sql(
            """
            insert into host_silence (host_id, since, probe)
            values (:host, case when :silent then clock_timestamp() end, :probe)
            on conflict (host_id) do update set probe = :probe, probed_at = clock_timestamp(),
              since = case when :silent then coalesce(host_silence.since, clock_timestamp())
                -- a word that was given stands until something answers
                when not :answered and exists (
                  select from host_fencing f where f.host_id = :host and f.ended_at is null)
                then host_silence.since end
            """)
        .param("host", host.value())
        .param("silent", found.silent())
        .param("answered", found.answered())
        .param("probe", found.words())
        .update();
  }
}
