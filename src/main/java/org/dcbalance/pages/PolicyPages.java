package org.dcbalance.pages;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Change what the hosts of a pool share; pause, resume and remove it. */
@Controller
class PolicyPages {
  private final PoolPolicy policy;

  PolicyPages(PoolPolicy policy) {
    this.policy = policy;
  }

  @PostMapping("/pools/{id}/pause")
  String pause(
      @PathVariable PoolId id,
      @RequestParam boolean paused,
      CurrentOperator me,
      RedirectAttributes redirect) {
    return answer(
        id,
        redirect,
        null,
        () ->
            policy.pause(id, paused, me.operator()).name()
                + (paused ? " is paused: nothing starts there." : " goes on."));
  }

  @PostMapping("/pools/{id}/storages")
  String share(
      @PathVariable PoolId id,
      @RequestParam(defaultValue = "") String path,
      CurrentOperator me,
      RedirectAttributes redirect) {
    return answer(
        id,
        redirect,
        path,
        () -> {
          var pool = policy.find(id.value());
          var storages = with(pool.sharedStorages(), path.strip());
          policy.change(id, pool.version(), storages(storages), me.operator());
          return path.strip() + " is marked as shared by all hosts of the pool.";
        });
  }

  @PostMapping("/pools/{id}/storages/delete")
  String unshare(
      @PathVariable PoolId id,
      @RequestParam String path,
      CurrentOperator me,
      RedirectAttributes redirect) {
    return answer(
        id,
        redirect,
        null,
        () -> {
          var pool = policy.find(id.value());
          var storages = without(pool.sharedStorages(), path);
          policy.change(id, pool.version(), storages(storages), me.operator());
          return path + " is no longer treated as shared.";
        });
  }

  @PostMapping("/pools/{id}/networks")
  String network(
      @PathVariable PoolId id,
      @RequestParam String name,
      @RequestParam boolean everywhere,
      CurrentOperator me,
      RedirectAttributes redirect) {
    return answer(
        id,
        redirect,
        null,
        () -> {
          var pool = policy.find(id.value());
          var networks = everywhere ? with(pool.networks(), name) : without(pool.networks(), name);
          policy.change(
              id, pool.version(), PoolPolicy.Change.shared(null, networks, null), me.operator());
          return everywhere
              ? name + " is marked as being on every host of the pool."
              : name + " is no longer marked.";
        });
  }

  @PostMapping("/pools/{id}/delete")
  String remove(@PathVariable PoolId id, CurrentOperator me, RedirectAttributes redirect) {
    var name = policy.find(id.value()).name();
    try {
      policy.remove(id, me.operator());
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      return "redirect:/pools/" + id;
    }
    Notice.done("The pool " + name + " was removed.").on(redirect);
    return "redirect:/pools";
  }

  /** Come back to the pool's page with what was done, or with the refusal and what was typed. */
  private static String answer(
      PoolId id, RedirectAttributes redirect, @Nullable String typed, Supplier<String> change) {
    try {
      Notice.done(change.get()).on(redirect);
    } catch (Problem e) {
      if (typed == null) {
        Notice.refused(e).on(redirect);
      } else {
        redirect.addFlashAttribute("typedPath", typed);
        var advice = e.advice();
        redirect.addFlashAttribute(
            "pathError", e.sentence() + (advice == null ? "" : " " + advice));
      }
    }
    return "redirect:/pools/" + id;
  }

  private static PoolPolicy.Change storages(List<String> storages) {
    return PoolPolicy.Change.shared(storages, null, null);
  }

  private static List<String> with(List<String> all, String one) {
    var more = new ArrayList<>(all);
    if (!more.contains(one)) {
      more.add(one);
    }
    return more;
  }

  private static List<String> without(List<String> all, String one) {
    return all.stream().filter(each -> !each.equals(one)).toList();
  }
}
