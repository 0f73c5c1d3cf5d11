package org.dcbalance.pages;

import org.dcbalance.access.CurrentOperator;
import org.dcbalance.notification.Deliveries;
import org.dcbalance.notification.Delivery;
import org.dcbalance.notification.Destination;
import org.dcbalance.notification.DestinationDesk;
import org.dcbalance.notification.EventKind;
import org.dcbalance.notification.Severity;
import org.dcbalance.notification.Trial;
import org.dcbalance.secret.Secrets;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Let administrators say who is told what, try it, and see what became of it. */
@Controller
@RequestMapping("/settings/notifications")
class NotificationPages {
  private static final String PAGE = "redirect:/settings/notifications";
  private static final int AT_ONCE = 50;

  private final DestinationDesk desk;
  private final Deliveries deliveries;
  private final Trial trial;
  private final Secrets secrets;

  NotificationPages(DestinationDesk desk, Deliveries deliveries, Trial trial, Secrets secrets) {
    this.desk = desk;
    this.deliveries = deliveries;
    this.trial = trial;
    this.secrets = secrets;
  }

  /** A destination and what became of the newest message to it; null where there was none. */
  record Line(DestinationDesk.Known known, @Nullable Delivery newest) {}

  @GetMapping
  String show(
      @RequestParam(required = false) @Nullable Long before,
      @RequestParam(required = false) @Nullable String fragment,
      Model model) {
    var found = deliveries.list(null, before == null ? Long.MAX_VALUE : before, AT_ONCE + 1);
    boolean more = found.size() > AT_ONCE;
    var shown = more ? found.subList(0, AT_ONCE) : found;
    model.addAttribute("lines", desk.all().stream().map(this::line).toList());
    model.addAttribute("deliveries", shown);
    model.addAttribute("before", before);
    model.addAttribute("next", more ? shown.getLast().id() : null);
    model.addAttribute("allEvents", EventKind.values().length);
    model.addAttribute("noKey", noKey());
    return "state".equals(fragment) ? "notifications :: state" : "notifications";
  }

  private Line line(DestinationDesk.Known known) {
    return new Line(
        known,
        deliveries.list(known.destination().id(), Long.MAX_VALUE, 1).stream()
            .findFirst()
            .orElse(null));
  }

  /** Say why no secret can be kept; null if it can. */
  private @Nullable Problem noKey() {
    try {
      secrets.requireKey();
      return null;
    } catch (Problem e) {
      return e;
    }
  }

  @GetMapping("/new")
  ModelAndView add(
      @RequestParam(defaultValue = "WEBHOOK") Destination.Kind kind,
      @RequestParam(defaultValue = "DCBALANCE") Destination.Payload payload) {
    return form(null, DestinationForm.empty(kind, payload), null, null, null);
  }

  @GetMapping("/{id}/edit")
  ModelAndView edit(@PathVariable long id) {
    var known = desk.find(id);
    var destination = known.destination();
    return form(id, DestinationForm.of(destination), destination.version(), known, null);
  }

  /** Add it; a key that was made for it is in the answer itself, and stored nowhere on the way. */
  @PostMapping
  ModelAndView add(
      @ModelAttribute DestinationForm.Typed typed,
      CurrentOperator me,
      Model model,
      RedirectAttributes redirect) {
    try {
      var stored = desk.add(typed.wanted(), me.operator());
      if (stored.signingSecret() != null) {
        model.addAttribute("fresh", stored);
        return new ModelAndView(show(null, null, model));
      }
      Notice.done(stored.destination().name() + " was added. Maybe send a test.").on(redirect);
      return new ModelAndView(PAGE);
    } catch (Problem e) {
      return form(null, typed.again(), null, null, e);
    }
  }

  @PostMapping("/{id}")
  ModelAndView change(
      @PathVariable long id,
      @ModelAttribute DestinationForm.Typed typed,
      @RequestParam(required = false) @Nullable Long version,
      CurrentOperator me,
      Model model,
      RedirectAttributes redirect) {
    var known = desk.find(id);
    try {
      var stored = desk.change(id, version, typed.wanted(), me.operator());
      if (stored.signingSecret() != null) {
        model.addAttribute("fresh", stored);
        return new ModelAndView(show(null, null, model));
      }
      Notice.done(stored.destination().name() + " was changed.").on(redirect);
      return new ModelAndView(PAGE);
    } catch (Problem e) {
      // who was told of the change that came between may save over it
      var shown =
          e.code() == ErrorCode.CONFLICT
              ? Long.valueOf(desk.find(id).destination().version())
              : version;
      return form(id, typed.again(), shown, known, e);
    }
  }

  @PostMapping("/{id}/enabled")
  String enable(
      @PathVariable long id,
      @RequestParam boolean enabled,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var name = desk.find(id).destination().name();
    Notice.tried(
        () -> desk.enable(id, enabled, me.operator()),
        enabled
            ? name + " is told again, what waited for it included."
            : name + " is told nothing for now; what waits for it, waits.",
        redirect);
    return PAGE;
  }

  @PostMapping("/{id}/test")
  String test(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    var name = desk.find(id).destination().name();
    var outcome = trial.send(id, me.operator());
    (outcome.delivered()
            ? Notice.done("The test to " + name + " arrived: " + outcome.sentence())
            : new Notice("bad", "The test to " + name + " failed: " + outcome.sentence(), null))
        .on(redirect);
    return PAGE;
  }

  @PostMapping("/{id}/delete")
  String remove(@PathVariable long id, CurrentOperator me, RedirectAttributes redirect) {
    var name = desk.find(id).destination().name();
    Notice.tried(
        () -> desk.remove(id, me.operator()),
        name + " was removed, with its secret and what was still to be sent to it.",
        redirect);
    return PAGE;
  }

  private static ModelAndView form(
      @Nullable Long id,
      DestinationForm form,
      @Nullable Long version,
      DestinationDesk.@Nullable Known known,
      @Nullable Problem wrong) {
    var page = new ModelAndView("notification-form");
    if (wrong != null) {
      page.setStatus(HttpStatusCode.valueOf(wrong.code().httpStatus()));
    }
    page.addObject("id", id);
    page.addObject("form", form);
    page.addObject("version", version);
    page.addObject("secret", known == null ? null : known.secret());
    page.addObject("inClear", known != null && known.inClear());
    page.addObject("wrong", wrong);
    page.addObject("kinds", EventKind.values());
    page.addObject("severities", Severity.values());
    page.addObject("securities", Destination.SmtpSecurity.values());
    return page;
  }
}
