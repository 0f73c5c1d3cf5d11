package org.dcbalance.pages;

import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Find hosts and virtual machines by name, UUID or address, in all pools. */
@Controller
class SearchPages {
  /** As many as one looks through; whoever finds more has to say more of the name. */
  private static final int MOST = Excerpt.SIZE;

  /** Longer than any name, UUID or address that somebody types. */
  private static final int LONGEST = 200;

  private final Hosts hosts;
  private final Pools pools;
  private final VmLines vms;

  SearchPages(Hosts hosts, Pools pools, VmLines vms) {
    this.hosts = hosts;
    this.pools = pools;
    this.vms = vms;
  }

  /** Something that was found. */
  record Hit(String kind, String name, String href, String detail) {}

  @GetMapping("/search")
  String search(@RequestParam(defaultValue = "") String q, Model model) {
    if (q.strip().length() > LONGEST) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "What is looked for may have at most %d characters.".formatted(LONGEST),
          "Maybe look for a part of the name.");
    }
    var hits = q.isBlank() ? List.<Hit>of() : hits(q.strip());
    if (hits.size() == 1) {
      return "redirect:" + hits.getFirst().href();
    }
    boolean cut = hits.size() > MOST;
    model.addAttribute("q", q.strip());
    model.addAttribute("hits", cut ? hits.subList(0, MOST) : hits);
    model.addAttribute("cut", cut);
    return "search";
  }

  /** Find what matches, and one more than is shown where there are more. */
  private List<Hit> hits(String q) {
    var wanted = q.toLowerCase(Locale.ROOT);
    var hits = new ArrayList<Hit>();
    var names = new HashMap<HostId, String>();
    var homes = pools.findAllByOrderByName().stream().collect(toMap(HostPool::id, HostPool::name));
    for (var host : hosts.findAllByOrderByName()) {
      names.put(host.id(), host.name());
      var uuid = host.uuid();
      if (host.name().toLowerCase(Locale.ROOT).contains(wanted)
          || (uuid != null && uuid.toString().startsWith(wanted))) {
        hits.add(
            new Hit(
                "Host",
                host.name(),
                "/hosts/" + host.id(),
                "in " + homes.getOrDefault(host.poolId(), "a removed pool")));
      }
    }
    for (var vm : vms.all(null)) {
      if (hits.size() > MOST) {
        break;
      }
      if (VmLines.matches(vm, q)) {
        var home = names.getOrDefault(vm.hostId(), "a removed host");
        hits.add(new Hit("Virtual machine", vm.name(), "/vms/" + vm.id(), "on " + home));
      }
    }
    return hits;
  }
}
