package org.dcbalance.migration;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.method.Method;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1")
class MigrationApi {
  private final MigrationRows rows;
  private final MigrationLog log;
  private final PreFlightChecks checks;
  private final MovesByHand moves;
  private final Aborts aborts;
  private final ClosingByHand closing;
  private final Retries retries;

  MigrationApi(
      MigrationRows rows,
      MigrationLog log,
      PreFlightChecks checks,
      MovesByHand moves,
      Aborts aborts,
      ClosingByHand closing,
      Retries retries) {
    this.rows = rows;
    this.log = log;
    this.checks = checks;
    this.moves = moves;
    this.aborts = aborts;
    this.closing = closing;
    this.retries = retries;
  }

  /** One line of a migration's log, as the API shows it. */
  record LineView(Instant at, Phase phase, String sentence) {}

  /**
   * A migration with all that is known of it; times in milliseconds, rates in bytes per second.
   *
   * @param place in the queue of its pool, from 1; null unless it is queued
   * @param method null before one is chosen
   * @param switchedAt when it was switched to post-copy, from where on it is not aborted
   * @param allowedUntil how long it may take by what was allowed for its VM when it started; null
   *     before that, and where {@code endBy} comes first
   * @param totalMillis as {@code bytes} and {@code iterations} told last, where it did not complete
   * @param guestDowntimeMillis the longest time without an answer to the VM's probe
   * @param guestSilentMillis all times without an answer together: how long the VM was not to be
   *     reached, and not what it left undone
   */
  record MigrationView(
      long id,
      MigrationState state,
      Phase phase,
      @Nullable Integer place,
      @Nullable Method method,
      @Nullable Method askedMethod,
      String methodWhy,
      long poolId,
      @Nullable Long recommendationId,
      long vmId,
      String vm,
      long sourceHostId,
      String source,
      long targetHostId,
      String target,
      String why,
      String requestedBy,
      @Nullable String abortRequestedBy,
      @Nullable String closedBy,
      @Nullable StatedPlace closedAs,
      @Nullable String closedWhy,
      Instant createdAt,
      @Nullable Instant startedAt,
      @Nullable Instant switchedAt,
      @Nullable Instant finishedAt,
      @Nullable Instant deadline,
      @Nullable Instant endBy,
      @Nullable Instant allowedUntil,
      boolean withStorage,
      @Nullable Long expectedMillis,
      @Nullable Long expectedDowntimeMillis,
      @Nullable Long expectedBytes,
      @Nullable Long downtimeMillis,
      @Nullable String downtimeSource,
      @Nullable Long guestDowntimeMillis,
      @Nullable Long guestSilentMillis,
      @Nullable String guestProbe,
      MigrationRows.@Nullable CpuSpent sourceCpu,
      MigrationRows.@Nullable CpuSpent targetCpu,
      @Nullable Long totalMillis,
      @Nullable Long preparedMillis,
      @Nullable Long waitedMillis,
      @Nullable Long bytes,
      @Nullable Integer iterations,
      @Nullable Boolean encrypted,
      @Nullable Double imbalanceBefore,
      @Nullable Double imbalancePromised,
      @Nullable Double imbalanceMeasured,
      MigrationRows.Attempt attempt,
      String sentence,
      MigrationRows.@Nullable Progress progress,
      @Nullable List<LineView> log) {}

  /**
   * Say where a VM should go, and how if DCbalance is not to choose.
   *
   * @param breakRules whether the move may break placement rules; for administrators
   * @param endBy when the move must have ended, or is given up; such as 2026-11-30T04:00:00Z. Where
   *     its host cannot abort, it is not begun after that, and what was begun is left to end
   * @param withStorage whether disks that lie on its host alone are copied with it
   */
  record Wish(
      @Nullable Long targetHostId,
      @Nullable Method method,
      @Nullable Boolean breakRules,
      @Nullable Instant endBy,
      @Nullable Boolean withStorage) {}

  @Operation(summary = "List migrations, newest first, without their logs.")
  @GetMapping("/migrations")
  Items<MigrationView> list(
      @RequestParam @Nullable MigrationState state,
      @RequestParam @Nullable Long poolId,
      @RequestParam @Nullable Long vmId,
      Cursor cursor) {
    var after = cursor.afterId();
    var found =
        rows.newest(
            new MigrationRows.Filter(state, poolId, vmId),
            after.isPresent() ? Long.valueOf(after.getAsLong()) : null,
            cursor.fetch());
    var places = rows.places();
    return Items.page(found, cursor, MigrationRows.Row::id).map(r -> view(r, places, null));
  }

  @Operation(summary = "Show a migration with its log.")
  @GetMapping("/migrations/{id}")
  MigrationView show(@PathVariable long id) {
    var row =
        rows.find(id)
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null));
    return view(
        row,
        rows.places(),
        log.of(id).stream()
            .map(l -> new LineView(l.at(), Phase.valueOf(l.phase()), l.sentence()))
            .toList());
  }

  @Operation(summary = "Abort a migration; asking again changes nothing.")
  @PostMapping("/migrations/{id}/abort")
  MigrationView abort(@PathVariable long id, CurrentOperator me) {
    aborts.request(id, me.operator());
    return show(id);
  }

  @Operation(
      summary =
          "See to it that a migration that failed is not tried again; asking again changes nothing.")
  @DeleteMapping("/migrations/{id}/retry")
  MigrationView cancelRetry(@PathVariable long id, CurrentOperator me) {
    retries.cancel(id, me.operator());
    return show(id);
  }

  /** Say where the VM of a lost migration runs, and how that is known. */
  record Statement(@Nullable String runsOn, @Nullable String why) {}

  @Operation(
      summary =
          "Close a lost migration on your word where its VM runs: \"source\", \"destination\","
              + " \"neither\", or a host's name. Refused if a host says otherwise.")
  @PostMapping("/migrations/{id}/close")
  MigrationView close(@PathVariable long id, @RequestBody Statement statement, CurrentOperator me) {
    closing.close(id, statement.runsOn(), statement.why(), me.operator());
    return show(id);
  }

  @Operation(summary = "Check, without changing anything, whether a VM could move to a host now.")
  @GetMapping("/vms/{id}/checks")
  Items<Check> checks(
      @PathVariable long id,
      @RequestParam long targetHostId,
      @RequestParam(defaultValue = "false") boolean withStorage) {
    return Items.all(checks.byHand(new VmId(id), new HostId(targetHostId), withStorage));
  }

  @Operation(
      summary =
          "Move a VM by hand. With \"endBy\" it is given up then; where its host cannot abort, it is"
              + " not begun after.")
  @PostMapping("/vms/{id}/migrations")
  @ResponseStatus(HttpStatus.CREATED)
  MigrationView move(@PathVariable long id, @RequestBody Wish wish, CurrentOperator me) {
    var target = wish.targetHostId();
    if (target == null) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"targetHostId\" is missing.",
          "Maybe send {\"targetHostId\": 3}, with the id of a host of the VM's pool.");
    }
    return show(
        moves.request(
            new MoveByHand(
                new VmId(id),
                new HostId(target),
                wish.method(),
                Boolean.TRUE.equals(wish.breakRules()),
                wish.endBy(),
                Boolean.TRUE.equals(wish.withStorage())),
            me));
  }

  private static MigrationView view(
      MigrationRows.Row row, Map<Long, Integer> places, @Nullable List<LineView> log) {
    return new MigrationView(
        row.id(),
        row.state(),
        row.phase(),
        places.get(row.id()),
        row.method(),
        row.askedMethod(),
        row.methodWhy(),
        row.poolId(),
        row.recommendationId(),
        row.vmId(),
        row.vm(),
        row.sourceHostId(),
        row.source(),
        row.targetHostId(),
        row.target(),
        row.why(),
        row.requestedBy(),
        row.abortRequestedBy(),
        row.closedBy(),
        row.closedAs(),
        row.closedWhy(),
        row.createdAt(),
        row.startedAt(),
        row.switchedAt(),
        row.finishedAt(),
        row.deadline(),
        row.endBy(),
        row.allowedUntil(),
        row.withStorage(),
        row.expectedMillis(),
        row.expectedDowntimeMillis(),
        row.expectedBytes(),
        row.downtimeMillis(),
        row.downtimeSource(),
        row.guestDowntimeMillis(),
        row.guestSilentMillis(),
        row.guestProbe(),
        row.sourceCpu(),
        row.targetCpu(),
        row.totalMillis(),
        row.preparedMillis(),
        row.waitedMillis(),
        row.bytes(),
        row.iterations(),
        row.encrypted(),
        row.imbalanceBefore(),
        row.imbalancePromised(),
        row.imbalanceMeasured(),
        row.attempt(),
        row.sentence(),
        row.progress(),
        log);
  }
}
