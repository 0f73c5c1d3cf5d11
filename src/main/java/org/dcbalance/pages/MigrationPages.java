package org.dcbalance.pages;

import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.console.Format;
import org.dcbalance.evacuation.Evacuations;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.migration.Aborts;
import org.dcbalance.migration.ClosingByHand;
import org.dcbalance.migration.MigrationRows;
import org.dcbalance.migration.MigrationRows.Row;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.migration.Retries;
import org.dcbalance.pages.MigrationDetail.Figure;
import org.dcbalance.reporting.MigrationStory;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Show what runs, waits and is over; show one migration as it goes; abort it. */
@Controller
class MigrationPages {
  private static final int PAGE = 50;

  private final MigrationRows rows;
  private final MigrationLines lines;
  private final MigrationStory story;
  private final Aborts aborts;
  private final ClosingByHand closing;
  private final Retries retries;
  private final Evacuations evacuations;
  private final VmWishes vms;
  private final Hosts hosts;
  private final Format format;

  MigrationPages(
      MigrationRows rows,
      MigrationLines lines,
      MigrationStory story,
      Aborts aborts,
      ClosingByHand closing,
      Retries retries,
      Evacuations evacuations,
      VmWishes vms,
      Hosts hosts,
      Format format) {
    this.rows = rows;
    this.lines = lines;
    this.story = story;
    this.aborts = aborts;
    this.closing = closing;
    this.retries = retries;
    this.evacuations = evacuations;
    this.vms = vms;
    this.hosts = hosts;
    this.format = format;
  }

  @GetMapping("/migrations")
  String list(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable Long before,
      Model model) {
    if (!"finished".equals(fragment)) {
      model.addAttribute("running", lines.running(shell.poolId()));
      model.addAttribute("queued", lines.queued(shell.poolId(), shell.doubt() != null));
    }
    if ("active".equals(fragment)) {
      return "migrations :: active";
    }
    var found = lines.finished(shell.poolId(), before, PAGE + 1);
    var page = found.subList(0, Math.min(PAGE, found.size()));
    model.addAttribute("finished", page);
    model.addAttribute("longestDowntimeMillis", FinishedMigration.longestMillis(page));
    model.addAttribute("before", before);
    model.addAttribute("next", found.size() > PAGE ? page.getLast().id() : null);
    return "finished".equals(fragment) ? "migrations :: finished" : "migrations";
  }

  /**
   * Where "Migrate back" would go.
   *
   * @param cost what the way here cost, in a sentence; empty where that was not measured
   * @param whyNot why it would be refused now; null where nothing is known to stand in the way
   */
  record MoveBack(HostId targetId, String target, String cost, @Nullable String whyNot) {}

  @GetMapping("/migrations/{id}")
  String one(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var row = find(id);
    model.addAttribute("migration", detail(row, shell.doubt() != null));
    if ("charts".equals(fragment)) {
      return "migration :: charts";
    }
    var log = story.lines(id);
    model.addAttribute("timeline", MigrationTimeline.of(row, log, story.passes(id)));
    model.addAttribute("figures", figures(row));
    model.addAttribute("log", log);
    model.addAttribute("back", back(row));
    model.addAttribute("again", row.failed() ? evacuations.triesAgain(id).orElse(null) : null);
    return "state".equals(fragment) ? "migration :: state" : "migration";
  }

  /** Only what is still where this move brought it can go back; null otherwise. */
  private @Nullable MoveBack back(Row row) {
    var source = hosts.findById(row.sourceHostId());
    if (row.state() != MigrationState.COMPLETED
        || source.isEmpty()
        || rows.newest(new MigrationRows.Filter(null, null, row.vmId()), null, 1).stream()
            .anyMatch(newest -> !newest.state().ended())) {
      return null;
    }
    var vm = vms.find(row.vmId());
    return vm.goneSince() == null && vm.hostId().value() == row.targetHostId()
        ? new MoveBack(
            new HostId(row.sourceHostId()), row.source(), cost(row), whyNotBack(row, source.get()))
        : null;
  }

  private static @Nullable String whyNotBack(Row row, Host source) {
    if (row.copiesDisks()) {
      return "It cannot migrate back while its old disks lie on %s. Maybe delete them there, then move it with its disks by hand."
          .formatted(row.source());
    }
    return source.maintenance()
        ? "It cannot migrate back while %s is in maintenance.".formatted(row.source())
        : null;
  }

  private String cost(Row row) {
    var bytes = row.bytes();
    var total = row.totalMillis();
    var downtime = row.downtimeMillis();
    return bytes == null || total == null || downtime == null
        ? ""
        : "The way here copied %s in %s and paused it for %s."
            .formatted(format.bytes(bytes), format.millis(total), format.millis(downtime));
  }

  @PostMapping("/migrations/{id}/abort")
  String abort(
      @PathVariable long id,
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var row = find(id);
    try {
      aborts.request(id, me.operator());
      Notice.done(
              row.state() == MigrationState.PENDING
                  ? "The move of " + row.vm() + " was taken out of the queue."
                  : "The migration of " + row.vm() + " is being aborted.")
          .on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return Back.to(back, "/migrations/" + id);
  }

  @PostMapping("/migrations/{id}/retry/cancel")
  String cancelRetry(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    var row = find(id);
    try {
      retries.cancel(id, me.operator());
      Notice.done("The move of " + row.vm() + " is not tried again.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return "redirect:/migrations/" + id;
  }

  /**
   * What was typed into the form that closes a migration, to be shown again when it was refused.
   */
  record TypedStatement(String runsOn, String why) implements Serializable {}

  @PostMapping("/migrations/{id}/close")
  String close(
      @PathVariable long id,
      @RequestParam(defaultValue = "") String runsOn,
      @RequestParam(defaultValue = "") String why,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var row = find(id);
    try {
      closing.close(id, runsOn, why, me.operator());
      Notice.done("The migration was closed; " + row.vm() + " may move again.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      redirect.addFlashAttribute("typedStatement", new TypedStatement(runsOn, why));
    }
    return "redirect:/migrations/" + id;
  }

  private MigrationDetail detail(Row row, boolean observing) {
    boolean runs = row.state() == MigrationState.RUNNING || row.state() == MigrationState.LOST;
    var queued = queued(row, observing);
    var sentence = queued == null ? row.sentence() : queued.waitsFor();
    return new MigrationDetail(
        row.id(),
        row.state().name(),
        queued == null ? null : queued.position(),
        new VmId(row.vmId()),
        row.vm(),
        new HostId(row.sourceHostId()),
        row.source(),
        new HostId(row.targetHostId()),
        row.target(),
        (row.method() == null ? "Method: " : "") + MigrationLines.method(row),
        row.methodWhy(),
        row.encrypted(),
        row.requestedBy(),
        row.createdAt(),
        row.why(),
        row.recommendationId(),
        sentence.isEmpty() ? null : sentence,
        tone(row.state()),
        runs ? lines.running(row) : null,
        row.state() == MigrationState.PENDING,
        row.state() == MigrationState.LOST,
        story.sampled(row.id()),
        row.endBy(),
        row.allowedUntil(),
        givenUntil(row),
        row.copiesDisks(),
        row.attempt(),
        row.phase().ordered());
  }

  private @Nullable QueuedMigration queued(Row row, boolean observing) {
    return row.state() != MigrationState.PENDING
        ? null
        : lines.queued(new PoolId(row.poolId()), observing).stream()
            .filter(each -> each.id() == row.id())
            .findFirst()
            .orElse(null);
  }

  /** From its switch to post-copy on, nothing aborts it. */
  private static @Nullable Instant givenUntil(Row row) {
    var deadline = row.deadline();
    return row.state() != MigrationState.RUNNING
            || row.switchedAt() != null
            || deadline == null
            || deadline.equals(row.endBy())
            || deadline.equals(row.allowedUntil())
        ? null
        : deadline;
  }

  private static String tone(MigrationState state) {
    return switch (state) {
      case COMPLETED -> "ok";
      case PENDING, RUNNING -> "";
      case ABORTED, REFUSED -> "warn";
      case FAILED, LOST -> "bad";
    };
  }

  private List<Figure> figures(Row row) {
    var source = row.downtimeSource();
    var probe = row.guestProbe();
    var iterations = row.iterations();
    var figures = new ArrayList<Figure>();
    figures.add(
        new Figure(
            "Total time",
            format.millis(row.expectedMillis()),
            format.millis(row.totalMillis()),
            row.preparedMillis() == null
                ? null
                : "and before it "
                    + format.millis(row.preparedMillis())
                    + " for checks and preparation"
                    + (row.waitedMillis() == null
                        ? ""
                        : ", and %s of waiting for a quieter moment"
                            .formatted(format.millis(row.waitedMillis())))));
    figures.add(
        new Figure(
            "Downtime",
            format.millis(row.expectedDowntimeMillis()),
            format.millis(row.downtimeMillis()),
            source == null ? null : "measured " + source));
    figures.add(
        new Figure(
            "Downtime, guest saw",
            format.millis(null),
            format.millis(row.guestDowntimeMillis()),
            probe != null
                ? probe
                : row.finishedAt() == null
                    ? "told when the move has ended, where a probe is set"
                    : "not probed"));
    if (row.guestSilentMillis() != null) {
      figures.add(
          new Figure(
              "Silent in all, guest saw",
              format.millis(null),
              format.millis(row.guestSilentMillis()),
              "by the same probe: all gaps together, of which the longest is above;"
                  + " how long nobody reached it, not how much work it lost"));
    }
    figures.add(new Figure("Copied", bytes(row.expectedBytes()), bytes(row.bytes()), null));
    figures.add(
        new Figure(
            "Passes",
            format.count(null),
            format.count(iterations == null ? null : iterations.longValue()),
            null));
    boolean ended = row.finishedAt() != null;
    figures.add(cpu(row.source(), row.sourceCpu(), ended));
    figures.add(cpu(row.target(), row.targetCpu(), ended));
    figures.add(
        new Figure(
            "Imbalance after",
            format.score(row.imbalancePromised()),
            format.score(row.imbalanceMeasured()),
            row.imbalanceBefore() == null
                ? null
                : "before: " + format.score(row.imbalanceBefore())));
    return figures;
  }

  private Figure cpu(String host, MigrationRows.@Nullable CpuSpent spent, boolean ended) {
    return new Figure(
        "CPU time of " + host,
        format.millis(null),
        format.millis(spent == null ? null : spent.userMillis() + spent.systemMillis()),
        spent == null
            ? (ended ? "not measured" : "told when the move has ended")
            : "user %s, system %s, of all that it did meanwhile"
                .formatted(format.millis(spent.userMillis()), format.millis(spent.systemMillis())));
  }

  private String bytes(@Nullable Long bytes) {
    return format.bytes(bytes == null ? null : new Memory(bytes));
  }

  private Row find(long id) {
    return rows.find(id)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null));
  }
}
