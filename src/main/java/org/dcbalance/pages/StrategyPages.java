package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.inventory.Pools;
import org.dcbalance.migration.MigrationOutlook;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.PoolReplays;
import org.dcbalance.recommendation.PoolReplays.Compared;
import org.dcbalance.recommendation.PoolReplays.Entry;
import org.dcbalance.replay.Tally;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.telemetry.TelemetrySettings;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Show and change how DCbalance decides for a pool, and try a change on the load of a day. */
@Controller
@RequestMapping("/settings/strategy")
class StrategyPages {
  private static final Duration PREVIEWED = Duration.ofHours(24);
  private static final int MOVES_SHOWN = 8;
  private static final String SAVED = "Saved";
  private static final String EDITED = "Edited";

  private final PoolPolicy policy;
  private final Pools pools;
  private final PoolReplays replays;
  private final BalancingSettings settings;
  private final TelemetrySettings telemetry;
  private final MigrationOutlook slots;
  private final Clock clock;

  StrategyPages(
      PoolPolicy policy,
      Pools pools,
      PoolReplays replays,
      BalancingSettings settings,
      TelemetrySettings telemetry,
      MigrationOutlook slots,
      Clock clock) {
    this.policy = policy;
    this.pools = pools;
    this.replays = replays;
    this.settings = settings;
    this.telemetry = telemetry;
    this.slots = slots;
    this.clock = clock;
  }

  /**
   * What came of a preview.
   *
   * @param refused why there is none; null if there is one
   * @param alike whether nothing that a replay depends on was edited
   * @param automatic whether the pool approves without a person, saved or edited
   * @param moves the first ones with the edited settings
   */
  record Preview(
      @Nullable Problem refused,
      @Nullable Compared compared,
      boolean alike,
      boolean automatic,
      List<FirstMove> moves) {}

  /** A move that the edited settings would have made. */
  record FirstMove(Instant at, VmId vmId, String vm, String source, String target, String why) {
    static FirstMove of(Tally.Made made) {
      var vm = made.move().vm();
      return new FirstMove(
          made.at(),
          vm.id(),
          vm.name(),
          made.source(),
          made.target(),
          ReasonText.of(made.move().reason()));
    }
  }

  @GetMapping
  ModelAndView show(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(name = "pool", required = false) @Nullable Long asked) {
    var pool = asked == null ? chosen(shell) : policy.find(asked);
    return page(pool, StrategyForm.of(pool), pool.version());
  }

  @PostMapping("/{id}")
  ModelAndView save(
      @PathVariable PoolId id,
      @ModelAttribute StrategyForm form,
      @RequestParam(required = false) @Nullable Long version,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var pool = policy.change(id, version, form.change(), me.operator());
      Notice.done("The strategy of " + pool.name() + " is saved.").on(redirect);
      return new ModelAndView("redirect:/settings/strategy?pool=" + id);
    } catch (Problem e) {
      var pool = policy.find(id.value());
      // who was told of the change that came between may save over it
      var shown = e.code() == ErrorCode.CONFLICT ? Long.valueOf(pool.version()) : version;
      var page = page(pool, form, shown);
      page.addObject("wrong", e);
      page.setStatus(HttpStatus.valueOf(e.code().httpStatus()));
      return page;
    }
  }

  @PostMapping("/{id}/preview")
  ModelAndView preview(
      @PathVariable PoolId id,
      @ModelAttribute StrategyForm form,
      @RequestParam(required = false) @Nullable Long version,
      @RequestHeader(name = "HX-Request", defaultValue = "false") boolean fragment,
      CurrentOperator me) {
    var pool = policy.find(id.value());
    var page = page(pool, form, version);
    if (fragment) {
      page.setViewName("strategy :: preview");
    }
    page.addObject("preview", preview(pool, form, me));
    return page;
  }

  private Preview preview(HostPool saved, StrategyForm form, CurrentOperator me) {
    try {
      var edited = policy.tried(saved.id(), form.change(), me.operator());
      var compared =
          replays.compare(
              saved,
              TimeRange.last(PREVIEWED, clock.instant()),
              settings.pace(saved).limits().cpuThreshold(),
              List.of(
                  new Entry(SAVED, saved, saved.strategy(), true),
                  new Entry(EDITED, edited, edited.strategy(), true)));
      var moves = compared.tallies().getLast().first().stream().limit(MOVES_SHOWN);
      return new Preview(
          null,
          compared,
          alike(saved, edited),
          automatic(saved, edited),
          moves.map(FirstMove::of).toList());
    } catch (Problem e) {
      return new Preview(e, null, false, false, List.of());
    }
  }

  private boolean alike(HostPool saved, HostPool edited) {
    return settings.pace(saved).equals(settings.pace(edited))
        && saved.strategy() == edited.strategy()
        && saved.automation() == edited.automation()
        && saved.automaticFrom() == edited.automaticFrom()
        && Objects.equals(saved.quietHours(), edited.quietHours());
  }

  private static boolean automatic(HostPool saved, HostPool edited) {
    return saved.automation() == HostPool.Automation.AUTOMATIC
        || edited.automation() == HostPool.Automation.AUTOMATIC;
  }

  /** The pool that was picked, or the first that has hosts. */
  private HostPool chosen(Shell shell) {
    return shell.active().stream()
        .findFirst()
        .or(() -> shell.shown().stream().findFirst())
        .map(pool -> policy.find(pool.id().value()))
        .orElseThrow(() -> new Problem(ErrorCode.NOT_FOUND, "There is no pool yet.", null));
  }

  private ModelAndView page(HostPool pool, StrategyForm form, @Nullable Long version) {
    var page = new ModelAndView("strategy");
    page.addObject("pool", pool);
    page.addObject("form", form);
    page.addObject("version", version);
    page.addObject("usual", StrategyForm.of(settings.pace(pool.simulated())));
    page.addObject("pools", pools.findAllByOrderByName());
    page.addObject("pace", settings.pace(pool));
    page.addObject("settings", settings);
    page.addObject("every", settings.pace(pool.simulated()).every());
    page.addObject("period", telemetry.period());
    page.addObject("caps", slots.caps());
    return page;
  }
}
