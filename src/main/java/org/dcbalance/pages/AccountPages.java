package org.dcbalance.pages;

import jakarta.servlet.http.HttpServletRequest;
import org.dcbalance.access.Accounts;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.access.OwnPassword;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Show people who they are here, and let them change their password. */
@Controller
@RequestMapping("/account")
class AccountPages {
  private final Accounts accounts;
  private final OwnPassword own;

  AccountPages(Accounts accounts, OwnPassword own) {
    this.accounts = accounts;
    this.own = own;
  }

  @GetMapping
  String show(CurrentOperator me, Model model) {
    model.addAttribute("account", accounts.named(me.name()));
    return "account";
  }

  @PostMapping("/password")
  String change(
      @RequestParam String current,
      @RequestParam String password,
      CurrentOperator me,
      HttpServletRequest request,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> own.change(me, current, password, request),
        "Your password is changed, and you are signed out in every other browser.",
        redirect);
    return "redirect:/account";
  }
}
