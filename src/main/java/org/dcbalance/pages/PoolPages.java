package org.dcbalance.pages;

import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** List pools, add one, and show one with its policy. */
@Controller
class PoolPages {
  private final PoolPolicy policy;
  private final PoolDetails details;
  private final HostLines hosts;

  PoolPages(PoolPolicy policy, PoolDetails details, HostLines hosts) {
    this.policy = policy;
    this.details = details;
    this.hosts = hosts;
  }

  @GetMapping("/pools")
  ModelAndView list() {
    return list("", Map.of(), HttpStatus.OK);
  }

  @PostMapping("/pools")
  ModelAndView add(
      @RequestParam(defaultValue = "") String name,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var pool = policy.add(name, me.operator());
      Notice.done("The pool " + pool.name() + " was added.").on(redirect);
      return new ModelAndView("redirect:/pools/" + pool.id());
    } catch (Problem e) {
      var advice = e.advice();
      return list(
          name,
          Map.of("name", e.sentence() + (advice == null ? "" : " " + advice)),
          HttpStatus.valueOf(e.code().httpStatus()));
    }
  }

  @GetMapping("/pools/{id}")
  String one(
      @PathVariable PoolId id,
      @RequestParam(required = false) @Nullable String fragment,
      @RequestParam(required = false) @Nullable String range,
      Model model) {
    var pool = policy.find(id.value());
    model.addAttribute("hosts", hosts.of(id));
    var line = details.line(pool);
    model.addAttribute("pool", line);
    model.addAttribute("stays", line.hosts() == 0 ? policy.whyItStays(pool).orElse(null) : null);
    if ("state".equals(fragment)) {
      return "pool :: state";
    }
    if ("hosts".equals(fragment)) {
      return "pool :: hosts";
    }
    model.addAttribute("detail", details.of(pool));
    model.addAttribute("range", Ranges.chosen(range, Ranges.OF_IMBALANCE));
    return "pool";
  }

  private ModelAndView list(String name, Map<String, String> errors, HttpStatus status) {
    var page = new ModelAndView("pools");
    page.setStatus(status);
    page.addObject("pools", details.lines());
    page.addObject("name", name);
    page.addObject("errors", errors);
    return page;
  }
}
