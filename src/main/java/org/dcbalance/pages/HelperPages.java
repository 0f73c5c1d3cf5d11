package org.dcbalance.pages;

import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.helper.HelperAccess;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.units.HostId;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Set how a host's helper is reached, on the page of the host. */
@Controller
class HelperPages {
  private final HostHelpers helpers;

  HelperPages(HostHelpers helpers) {
    this.helpers = helpers;
  }

  @PostMapping("/hosts/{id}/helper")
  String set(
      @PathVariable HostId id,
      @RequestParam(defaultValue = "") String address,
      @RequestParam(defaultValue = "22") int port,
      @RequestParam(defaultValue = "root") String user,
      @RequestParam(defaultValue = "") String keyFile,
      @RequestParam(defaultValue = "") String hostKey,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    Notice.tried(
        () -> {
          var access = new HelperAccess(address, port, user, keyFile, hostKey);
          helpers.set(id, access, me.operator());
        },
        "Its helper answered.",
        new Entered("helper", fields),
        redirect);
    return "redirect:/hosts/" + id;
  }

  @PostMapping("/hosts/{id}/helper/delete")
  String remove(@PathVariable HostId id, CurrentOperator me, RedirectAttributes redirect) {
    Notice.tried(
        () -> helpers.remove(id, me.operator()), "Its helper is not called any more.", redirect);
    return "redirect:/hosts/" + id;
  }
}
