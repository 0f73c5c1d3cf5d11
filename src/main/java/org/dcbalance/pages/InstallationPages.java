package org.dcbalance.pages;

import org.dcbalance.access.CurrentOperator;
import org.dcbalance.installation.Installation;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Let an administrator confirm the database, from the banner of any page. */
@Controller
class InstallationPages {
  private final Installation installation;

  InstallationPages(Installation installation) {
    this.installation = installation;
  }

  @PostMapping("/settings/installation/confirm")
  String confirm(
      @RequestParam(required = false) @Nullable String back,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      installation.confirm(me.operator());
      Notice.done("This database was confirmed; what is queued starts now.").on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
    }
    return Back.to(back, "/");
  }
}
