package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmWishes;
import org.dcbalance.method.Method;
import org.dcbalance.migration.MoveByHand;
import org.dcbalance.migration.MovesByHand;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Take what operators wish for a VM: to stay, to be probed, to move now. */
@Controller
class VmWishPages {
  private final VmWishes wishes;
  private final MovesByHand moves;
  private final Clock clock;

  VmWishPages(VmWishes wishes, MovesByHand moves, Clock clock) {
    this.wishes = wishes;
    this.moves = moves;
    this.clock = clock;
  }

  @PostMapping("/vms/{id}/never-move")
  String neverMove(
      @PathVariable VmId id,
      @RequestParam boolean neverMove,
      @RequestParam(defaultValue = "") String note,
      @RequestParam(required = false) @Nullable Long version,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var vm =
          wishes.change(
              id.value(),
              version,
              new VmWishes.Change(neverMove, note, null, null, null),
              me.operator());
      Notice.done(
              vm.name() + (neverMove ? " stays where it is from now on." : " may be moved again."))
          .on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("never-move", fields).on(redirect);
    }
    return page(id);
  }

  @PostMapping("/vms/{id}/probe")
  String probe(
      @PathVariable VmId id,
      @RequestParam ProbeKind kind,
      @RequestParam(defaultValue = "") String address,
      @RequestParam(defaultValue = "") String port,
      @RequestParam(required = false) @Nullable Long version,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    try {
      var vm =
          wishes.change(
              id.value(), version, change(kind, address.strip(), port.strip()), me.operator());
      Notice.done(words(vm)).on(redirect);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("probe", fields).on(redirect);
    }
    return page(id);
  }

  /** How a guest is probed while it moves. */
  enum ProbeKind {
    NONE,
    TCP,
    ICMP
  }

  @PostMapping("/vms/{id}/migrations")
  String migrate(
      @PathVariable VmId id,
      @RequestParam(required = false) @Nullable HostId targetHostId,
      @RequestParam(defaultValue = "") String method,
      @RequestParam(defaultValue = "false") boolean breakRules,
      @RequestParam(defaultValue = "") String endWithinMinutes,
      @RequestParam(defaultValue = "false") boolean withStorage,
      @RequestParam(required = false) @Nullable HostId check,
      @RequestParam Map<String, String> fields,
      CurrentOperator me,
      RedirectAttributes redirect) {
    if (check != null) {
      // not asked by GET, which would put the form's CSRF token into the address
      var asked = new HashMap<>(fields);
      asked.put("targetHostId", check.toString());
      new Entered("migrate", asked).on(redirect);
      return page(id) + "?target=" + check + "#migrate";
    }
    try {
      if (targetHostId == null) {
        throw new Problem(
            ErrorCode.BAD_REQUEST, "No target was chosen.", "Maybe choose one of the hosts.");
      }
      return "redirect:/migrations/"
          + moves.request(
              new MoveByHand(
                  id,
                  targetHostId,
                  method.isEmpty() ? null : method(method),
                  breakRules,
                  endBy(endWithinMinutes),
                  withStorage),
              me);
    } catch (Problem e) {
      Notice.refused(e).on(redirect);
      new Entered("migrate", fields).on(redirect);
      return page(id);
    }
  }

  private @Nullable Instant endBy(String minutes) {
    if (minutes.isBlank()) {
      return null;
    }
    try {
      return clock
          .instant()
          .plus(Duration.ofMinutes(Integer.parseInt(minutes.strip())))
          .truncatedTo(ChronoUnit.SECONDS);
    } catch (NumberFormatException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"" + minutes + "\" is no number of minutes.",
          "Maybe leave it empty.");
    }
  }

  private static Method method(String name) {
    return Arrays.stream(Method.values())
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.BAD_REQUEST,
                    "There is no method \"" + name + "\".",
                    "Maybe choose one of the list."));
  }

  private static VmWishes.Change change(ProbeKind kind, String address, String port) {
    if (kind == ProbeKind.NONE) {
      return new VmWishes.Change(null, null, "", null, null);
    }
    if (address.isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A probe needs the address that it asks.",
          "Maybe give an address of the guest that this console reaches.");
    }
    return new VmWishes.Change(
        null, null, address, kind == ProbeKind.ICMP ? null : port(port), null);
  }

  private static int port(String typed) {
    try {
      return Integer.parseInt(typed);
    } catch (NumberFormatException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          typed.isEmpty() ? "A TCP probe needs a port." : "\"" + typed + "\" is not a port.",
          "Maybe give a number from 1 to 65535 that the guest listens on, such as 80.",
          e);
    }
  }

  private static String words(Vm vm) {
    var address = vm.probeAddress();
    var port = vm.probePort();
    return address == null
        ? vm.name() + " is not probed any more."
        : "%s is probed at %s by %s while it moves."
            .formatted(vm.name(), address, port == null ? "ICMP echo" : "TCP, port " + port);
  }

  private static String page(VmId id) {
    return "redirect:/vms/" + id;
  }
}
