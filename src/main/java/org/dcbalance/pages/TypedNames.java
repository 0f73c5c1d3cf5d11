package org.dcbalance.pages;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.VmSummary;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/**
 * Find virtual machines and hosts by names that were typed, apart by commas. A list to choose from
 * would be as long as the fleet.
 */
@Component
class TypedNames {
  private final Vms vms;
  private final Hosts hosts;

  TypedNames(Vms vms, Hosts hosts) {
    this.vms = vms;
    this.hosts = hosts;
  }

  private record Named(long id, String name) {}

  /**
   * Find one machine, of any pool.
   *
   * @throws Problem NOT_FOUND, or BAD_REQUEST if several have this name
   */
  VmId vm(String name) {
    return new VmId(one(name, machines(vm -> true), "virtual machine"));
  }

  /**
   * Find machines of any pool.
   *
   * @throws Problem NOT_FOUND, or BAD_REQUEST if several have a name
   */
  List<VmId> vms(String typed) {
    return all(typed, machines(vm -> true), "virtual machine").stream().map(VmId::new).toList();
  }

  /**
   * Find machines of a pool.
   *
   * @throws Problem NOT_FOUND, or BAD_REQUEST if several have a name
   */
  List<Long> vmsOf(PoolId pool, String typed) {
    var members =
        hosts.findByPoolIdOrderByName(pool.value()).stream()
            .map(Host::id)
            .collect(Collectors.toSet());
    return all(
        typed, machines(vm -> members.contains(vm.hostId())), "virtual machine of this pool");
  }

  /**
   * Find hosts of a pool.
   *
   * @throws Problem NOT_FOUND
   */
  List<Long> hostsOf(PoolId pool, String typed) {
    var members =
        hosts.findByPoolIdOrderByName(pool.value()).stream()
            .map(host -> new Named(host.id().value(), host.name()))
            .toList();
    return all(typed, members, "host of this pool");
  }

  private List<Named> machines(Predicate<VmSummary> wanted) {
    return vms.summaries().stream()
        .filter(wanted)
        .map(vm -> new Named(vm.id().value(), vm.name()))
        .toList();
  }

  private static List<Long> all(String typed, List<Named> known, String what) {
    return Arrays.stream(typed.split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .map(name -> one(name, known, what))
        .toList();
  }

  private static long one(String name, List<Named> known, String what) {
    var found = known.stream().filter(each -> each.name().equals(name)).toList();
    if (found.isEmpty()) {
      throw new Problem(
          ErrorCode.NOT_FOUND,
          "There is no %s named \"%s\".".formatted(what, name),
          "Maybe it is spelled otherwise. Between names there must be commas.");
    }
    if (found.size() > 1) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "Several are named \"%s\".".formatted(name),
          "Maybe use the API, with their ids.");
    }
    return found.getFirst().id();
  }
}
