package org.dcbalance.pages;

import java.util.Map;
import java.util.Optional;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.SimulatedPool;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Add a host and change how one is reached, after a test if one likes. */
@Controller
class HostFormPages {
  private final Hosts hosts;
  private final HostRegistration registration;
  private final Optional<SimulatedPool> simulated;
  private final HostFields fields;
  private final Format format;

  HostFormPages(
      Hosts hosts,
      HostRegistration registration,
      Optional<SimulatedPool> simulated,
      HostFields fields,
      Format format) {
    this.hosts = hosts;
    this.registration = registration;
    this.simulated = simulated;
    this.fields = fields;
    this.format = format;
  }

  /** What was typed. */
  record Typed(
      @Nullable String name,
      @Nullable String uri,
      @Nullable String peerUri,
      @Nullable PoolId poolId,
      @Nullable Long version,
      @Nullable String action) {
    HostForm form(@Nullable HostId id) {
      return new HostForm(id, text(name), text(uri), text(peerUri), poolId, version);
    }

    boolean test() {
      return "test".equals(action);
    }

    private static String text(@Nullable String typed) {
      return typed == null ? "" : typed.strip();
    }
  }

  @GetMapping("/hosts/new")
  ModelAndView add(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @RequestParam(required = false) @Nullable PoolId poolId) {
    var blank = HostForm.blank(shell);
    return page(shell, poolId == null ? blank : blank.in(poolId), null, Map.of(), HttpStatus.OK);
  }

  @GetMapping("/hosts/{id}/edit")
  ModelAndView edit(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @PathVariable HostId id) {
    var host = hosts.require(id);
    if (host.uri().startsWith("simulated:")) {
      throw new Problem(
          ErrorCode.CONFLICT, host.name() + " is simulated: it has no connection to set.", null);
    }
    return page(shell, HostForm.of(host), null, Map.of(), HttpStatus.OK);
  }

  @PostMapping("/hosts")
  ModelAndView add(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @ModelAttribute Typed typed,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var form = typed.form(null);
    return typed.test() ? test(shell, form) : save(shell, form, me, redirect);
  }

  /** Put the simulated pool into an inventory without hosts. */
  @PostMapping("/hosts/simulated")
  String simulate(CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () ->
            simulated
                .orElseThrow(
                    () ->
                        new Problem(
                            ErrorCode.REFUSED,
                            "Simulated hosts are switched off.",
                            "Maybe set dcbalance.simulated.enabled."))
                .add(me.operator()),
        "Simulated hosts were added; their first loads are being collected.",
        redirect);
    return "redirect:/";
  }

  @PostMapping("/hosts/{id}")
  ModelAndView change(
      @ModelAttribute(name = Shell.ATTRIBUTE, binding = false) Shell shell,
      @PathVariable HostId id,
      @ModelAttribute Typed typed,
      CurrentOperator me,
      RedirectAttributes redirect) {
    hosts.require(id);
    var form = typed.form(id);
    return typed.test() ? test(shell, form) : save(shell, form, me, redirect);
  }

  private ModelAndView test(Shell shell, HostForm form) {
    try {
      var tested = registration.test(form.entry(), form.id());
      return page(shell, form, ConnectionTest.of(tested, format), Map.of(), HttpStatus.OK);
    } catch (Problem e) {
      return refused(shell, form, ConnectionTest.failed(e), e);
    }
  }

  private ModelAndView save(
      Shell shell, HostForm form, CurrentOperator me, RedirectAttributes redirect) {
    try {
      var id = form.id();
      var host =
          id == null
              ? registration.add(form.entry(), me.operator())
              : registration.change(id, form.version(), form.entry(), me.operator());
      var done = host.name() + (id == null ? " was added." : " was changed.");
      var noTarget = fields.noTarget(form.entry());
      (noTarget == null
              ? Notice.done(done)
              : new Notice(
                  "warn",
                  done + " " + noTarget,
                  "Maybe enter a peer URI, such as qemu+tls://host/system."))
          .on(redirect);
      return new ModelAndView("redirect:/hosts/" + host.id());
    } catch (Problem e) {
      var id = form.id();
      return id == null ? refused(shell, form, null, e) : notChanged(shell, form, id, e);
    }
  }

  /** Connecting may fail while somebody else saves: what they did is told first. */
  private ModelAndView notChanged(Shell shell, HostForm form, HostId id, Problem problem) {
    try {
      registration.requireSeen(id, form.version());
      return refused(shell, form, null, problem);
    } catch (Problem unseen) {
      return page(
          shell,
          // whoever saves it once more has been told
          form.seen(hosts.require(id).version()),
          null,
          Map.of("", words(unseen)),
          HttpStatus.valueOf(unseen.code().httpStatus()));
    }
  }

  private ModelAndView refused(
      Shell shell, HostForm form, @Nullable ConnectionTest test, Problem problem) {
    var field = fields.wrongIn(form.entry(), form.id());
    return page(
        shell,
        form,
        test,
        // what the test found stands beside the form already
        test != null && field.equals("uri") ? Map.of() : Map.of(field, words(problem)),
        HttpStatus.valueOf(problem.code().httpStatus()));
  }

  private static String words(Problem problem) {
    var advice = problem.advice();
    return problem.sentence() + (advice == null ? "" : " " + advice);
  }

  private ModelAndView page(
      Shell shell,
      HostForm form,
      @Nullable ConnectionTest test,
      Map<String, String> errors,
      HttpStatus status) {
    var page = new ModelAndView("host-form");
    page.setStatus(status);
    page.addObject("form", form);
    page.addObject("pools", shell.real());
    page.addObject("errors", errors);
    page.addObject("test", test);
    page.addObject("noTarget", fields.noTarget(form.entry()));
    return page;
  }
}
