package org.dcbalance.pages;

import java.io.Serializable;
import org.dcbalance.access.Accounts;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.access.Keys;
import org.dcbalance.access.Oidc;
import org.dcbalance.access.Role;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Let administrators see to users, sessions and API tokens. */
@Controller
@RequestMapping("/settings/access")
class AccessPages {
  private static final String PAGE = "redirect:/settings/access";

  private final Accounts accounts;
  private final Keys keys;
  private final Oidc provider;

  AccessPages(Accounts accounts, Keys keys, Oidc provider) {
    this.accounts = accounts;
    this.keys = keys;
    this.provider = provider;
  }

  /** What was typed for a new user, to be shown again when it was refused. */
  record TypedUser(String name, Role role) implements Serializable {}

  /** What was typed for a new token, to be shown again when it was refused. */
  record TypedToken(String name, Role role, boolean readOnly, @Nullable Integer days)
      implements Serializable {}

  @GetMapping
  String show(CurrentOperator me, Model model) {
    model.addAttribute("users", accounts.all());
    model.addAttribute("tokens", keys.all());
    model.addAttribute("provider", provider.status().orElse(null));
    model.addAttribute("roles", Role.values());
    return "access";
  }

  @PostMapping("/users")
  String add(
      @RequestParam String name,
      @RequestParam String password,
      @RequestParam Role role,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var added = accounts.add(name.strip(), password, role, me.operator());
      Notice.done(added.name() + " can sign in as " + role.word() + " now.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      redirect.addFlashAttribute("typedUser", new TypedUser(name, role));
    }
    return PAGE;
  }

  @PostMapping("/users/{name}/role")
  String role(
      @PathVariable String name,
      @RequestParam Role role,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var change = new Accounts.Change(null, role, null);
    var done = name + " is " + role.word() + " now, and has to sign in again.";
    return role == Role.ADMINISTRATOR
        ? change(name, change, done, me, redirect)
        : weaken(name, () -> accounts.change(name, change, me.operator()), done, redirect);
  }

  @PostMapping("/users/{name}/enabled")
  String enable(
      @PathVariable String name,
      @RequestParam boolean enabled,
      CurrentOperator me,
      RedirectAttributes redirect) {
    var change = new Accounts.Change(null, null, enabled);
    return enabled
        ? change(name, change, name + " can sign in again.", me, redirect)
        : weaken(
            name,
            () -> accounts.change(name, change, me.operator()),
            name + " is signed out and cannot sign in any more.",
            redirect);
  }

  @PostMapping("/users/{name}/password")
  String password(
      @PathVariable String name,
      @RequestParam String password,
      CurrentOperator me,
      RedirectAttributes redirect) {
    return change(
        name,
        new Accounts.Change(password, null, null),
        name + " has a new password and is signed out everywhere.",
        me,
        redirect);
  }

  @PostMapping("/users/{name}/sessions/delete")
  String signOut(@PathVariable String name, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> accounts.signOut(name, me.operator()), name + " is signed out everywhere.", redirect);
    return PAGE;
  }

  @PostMapping("/users/{name}/delete")
  String remove(@PathVariable String name, CurrentOperator me, RedirectAttributes redirect) {
    return weaken(
        name,
        () -> accounts.remove(name, me.operator()),
        name + " was removed. What they did stays in the audit log.",
        redirect);
  }

  /** Take rights away, and say which programs keep those that the user gave them. */
  private String weaken(String name, Runnable what, String done, RedirectAttributes redirect) {
    try {
      var left = accounts.named(name).tokensLeft();
      what.run();
      (left.isEmpty()
              ? Notice.done(done)
              : new Notice(
                  "warn", done + " " + left, "Maybe revoke what nobody answers for, below."))
          .on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return PAGE;
  }

  /** Make a token; the answer itself shows it, so that it is stored nowhere on the way. */
  @PostMapping("/tokens")
  String addToken(
      @RequestParam String name,
      @RequestParam Role role,
      @RequestParam(defaultValue = "false") boolean readOnly,
      @RequestParam(required = false) @Nullable Integer days,
      CurrentOperator me,
      RedirectAttributes redirect,
      Model model) {
    try {
      model.addAttribute("fresh", keys.add(name.strip(), role, readOnly, days, me.operator()));
      return show(me, model);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      redirect.addFlashAttribute("typedToken", new TypedToken(name, role, readOnly, days));
      return PAGE;
    }
  }

  @PostMapping("/tokens/{name}/delete")
  String revoke(@PathVariable String name, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> keys.revoke(name, me.operator()),
        "The token " + name + " is revoked: requests with it are refused.",
        redirect);
    return PAGE;
  }

  private String change(
      String name,
      Accounts.Change change,
      String done,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(() -> accounts.change(name, change, me.operator()), done, redirect);
    return PAGE;
  }
}
