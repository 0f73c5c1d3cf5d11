package org.dcbalance.pages;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.inventory.Pools;
import org.dcbalance.recommendation.Names;
import org.dcbalance.recommendation.RoundRequests;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Run a round now, and stop or resume balancing, in the pool that was picked or in all of them. */
@Controller
class BalancingPages {
  private final RoundRequests rounds;
  private final PoolPolicy policy;
  private final Pools pools;

  BalancingPages(RoundRequests rounds, PoolPolicy policy, Pools pools) {
    this.rounds = rounds;
    this.policy = policy;
    this.pools = pools;
  }

  @PostMapping("/rounds")
  String round(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var said = new ArrayList<String>();
      for (var round : rounds.runNow(shell.poolId(), me.operator())) {
        var pool = pools.findById(round.poolId()).orElseThrow();
        said.add("Round %d of %s: %s".formatted(round.number(), pool.name(), round.sentence()));
      }
      Notice.done(String.join(" ", said)).on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return Back.to(back, "/");
  }

  /**
   * Pause what is shown, or resume the pools that the page named as paused: another one may have
   * been stopped since, for a reason that whoever looks at the page cannot know.
   */
  @PostMapping("/balancing/pause")
  String pause(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam boolean paused,
      @RequestParam(name = "id", defaultValue = "") List<PoolId> named,
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var ids = paused ? shell.shown().stream().map(PoolChoice::id).toList() : named;
    // all are looked up before the first is touched
    var names = ids.stream().map(id -> policy.find(id.value()).name()).toList();
    if (names.isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "No pool was named.",
          "Maybe load the page again, and look which pools it names.");
    }
    for (var id : ids) {
      policy.pause(id, paused, me.operator());
    }
    Notice.done(
            "Balancing of %s %s"
                .formatted(
                    Names.listed(names),
                    paused ? "is paused: nothing starts until it is resumed." : "goes on."))
        .on(redirect);
    return Back.to(back, "/");
  }
}
