package org.dcbalance.checkpoint;

import static org.dcbalance.database.Columns.instant;

import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.checkpoint.VirtualCluster.Manner;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.support.CronExpression;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Keep when checkpoints are taken by themselves, and how many of them are kept. */
@Component
public class CheckpointSchedules {
  private static final int MOST_KEPT = 1000;

  private final JdbcClient jdbc;
  private final Vms vms;
  private final VirtualClusters clusters;
  private final AuditLog audit;
  private final Clock clock;

  CheckpointSchedules(
      JdbcClient jdbc, Vms vms, VirtualClusters clusters, AuditLog audit, Clock clock) {
    this.jdbc = jdbc;
    this.vms = vms;
    this.clusters = clusters;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * When checkpoints of a VM or of a virtual cluster are taken.
   *
   * @param manner how the members of a virtual cluster are captured; null for a VM
   * @param of the name of what is captured
   * @param cron second, minute, hour, day, month and weekday, in UTC
   * @param keepCount how many complete ones are kept
   * @param keepDays for how long; null for as long as they are not too many
   * @param keepGib how much room they may take together, in GiB; null for as much as there is
   * @param lastAt when something was last taken by it; null if nothing was
   * @param next when the next one is due; null if never
   * @param trouble why nothing was taken at the last time; empty if something was
   */
  public record Schedule(
      long id,
      @Nullable VmId vmId,
      @Nullable Long clusterId,
      @Nullable Manner manner,
      String of,
      String cron,
      int keepCount,
      @Nullable Integer keepDays,
      @Nullable Integer keepGib,
      String createdBy,
      Instant createdAt,
      Instant seenToAt,
      @Nullable Instant lastAt,
      @Nullable Instant next,
      String trouble) {}

  /**
   * What makes a schedule: of a VM or of a virtual cluster.
   *
   * @param manner of a virtual cluster; BLOCKING unless told otherwise
   */
  public record NewSchedule(
      @Nullable VmId vmId,
      @Nullable Long clusterId,
      @Nullable Manner manner,
      @Nullable String cron,
      @Nullable Integer keepCount,
      @Nullable Integer keepDays,
      @Nullable Integer keepGib) {}

  public List<Schedule> all() {
    return ofPool(null);
  }

  /** List those of a pool's VMs and virtual clusters, or of all with null. */
  public List<Schedule> ofPool(@Nullable PoolId pool) {
    return jdbc.sql(
            """
            select s.*, coalesce(v.name, c.name) as of,
              coalesce((select max(k.requested_at) from checkpoint k where k.schedule_id = s.id),
                (select max(k.requested_at) from cluster_checkpoint k where k.schedule_id = s.id)) as last_at
            from checkpoint_schedule s left join vm v on v.id = s.vm_id
              left join host h on h.id = v.host_id
              left join virtual_cluster c on c.id = s.cluster_id
            where cast(:pool as bigint) is null or coalesce(h.pool_id, c.pool_id) = :pool
            order by s.id
            """)
        .param("pool", pool == null ? null : pool.value())
        .query(
            (row, n) -> {
              var vm = row.getObject("vm_id", Long.class);
              var seen = row.getObject("seen_to_at", OffsetDateTime.class).toInstant();
              var cron = row.getString("cron");
              return new Schedule(
                  row.getLong("id"),
                  vm == null ? null : new VmId(vm),
                  row.getObject("cluster_id", Long.class),
                  manner(row.getString("manner")),
                  row.getString("of"),
                  cron,
                  row.getInt("keep_count"),
                  row.getObject("keep_days", Integer.class),
                  row.getObject("keep_gib", Integer.class),
                  row.getString("created_by"),
                  row.getObject("created_at", OffsetDateTime.class).toInstant(),
                  seen,
                  instant(row, "last_at"),
                  next(cron, seen),
                  row.getString("trouble"));
            })
        .list();
  }

  private static @Nullable Manner manner(@Nullable String name) {
    return name == null ? null : Manner.valueOf(name);
  }

  /** Give the first time after one at which it is due; null if there is none. */
  static @Nullable Instant next(String cron, Instant after) {
    var next = CronExpression.parse(cron).next(after.atOffset(ZoneOffset.UTC));
    return next == null ? null : next.toInstant();
  }

  /**
   * Add one.
   *
   * @throws Problem BAD_REQUEST with what is wrong, or NOT_FOUND
   */
  @Transactional
  public long add(NewSchedule wish, Operator by) {
    var cron = wish.cron() == null ? "" : wish.cron().strip();
    if (!CronExpression.isValidExpression(cron)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" is not a time that comes again.".formatted(cron),
          "Maybe use second, minute, hour, day, month and weekday: 0 30 2 * * * is 2:30 each night.");
    }
    var soon = next(cron, clock.instant());
    var then = soon == null ? null : next(cron, soon);
    if (soon == null || (then != null && then.isBefore(soon.plusSeconds(60)))) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          soon == null
              ? "\"%s\" never comes.".formatted(cron)
              : "\"%s\" comes more than once a minute.".formatted(cron),
          "Maybe use 0 0 * * * * for each hour.");
    }
    int keep = wish.keepCount() == null ? 0 : wish.keepCount();
    if (keep < 1 || keep > MOST_KEPT || below1(wish.keepDays()) || below1(wish.keepGib())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "Of a schedule 1 to %d checkpoints are kept, for at least a day, in at least 1 GiB."
              .formatted(MOST_KEPT),
          "Maybe keep 7.");
    }
    var of = nameOf(wish);
    var manner = manner(wish);
    long id =
        jdbc.sql(
                """
                insert into checkpoint_schedule (vm_id, cluster_id, manner, cron, keep_count, keep_days,
                  keep_gib, created_by)
                values (:vm, :cluster, :manner, :cron, :count, :days, :gib, :by) returning id
                """)
            .param("vm", wish.vmId() == null ? null : wish.vmId().value())
            .param("cluster", wish.clusterId())
            .param("manner", manner == null ? null : manner.name())
            .param("cron", cron)
            .param("count", keep)
            .param("days", wish.keepDays())
            .param("gib", wish.keepGib())
            .param("by", by.name())
            .query(Long.class)
            .single();
    audit.note(
        by,
        Act.SCHEDULE_ADDED,
        Thing.settings("checkpoints of " + of),
        Facts.NONE,
        Facts.of("cron", cron)
            .and("manner", manner)
            .and("keepCount", keep)
            .and("keepDays", wish.keepDays())
            .and("keepGib", wish.keepGib()));
    return id;
  }

  private static boolean below1(@Nullable Integer number) {
    return number != null && number < 1;
  }

  private static @Nullable Manner manner(NewSchedule wish) {
    if (wish.clusterId() != null) {
      return Objects.requireNonNullElse(wish.manner(), Manner.BLOCKING);
    }
    if (wish.manner() == Manner.BARRIER) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "There is no barrier for a single virtual machine.",
          "Maybe leave \"manner\" out: it runs while most of its memory is written anyway.");
    }
    return null;
  }

  private String nameOf(NewSchedule wish) {
    if ((wish.vmId() == null) == (wish.clusterId() == null)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A schedule is for one virtual machine or for one virtual cluster.",
          "Maybe send \"vmId\" or \"clusterId\".");
    }
    if (wish.clusterId() != null) {
      return clusters.find(wish.clusterId()).name();
    }
    var id = Objects.requireNonNull(wish.vmId());
    return vms.findById(id.value())
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no virtual machine " + id + ".", null))
        .name();
  }

  /**
   * End one; the checkpoints that it took stay.
   *
   * @throws Problem NOT_FOUND
   */
  @Transactional
  public void remove(long id, Operator by) {
    var schedule =
        all().stream()
            .filter(s -> s.id() == id)
            .findFirst()
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no schedule " + id + ".", null));
    jdbc.sql("delete from checkpoint_schedule where id = :id").param("id", id).update();
    audit.note(
        by,
        Act.SCHEDULE_REMOVED,
        Thing.settings("checkpoints of " + schedule.of()),
        Facts.of("cron", schedule.cron()),
        Facts.NONE);
  }
}
