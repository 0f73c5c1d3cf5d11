package org.dcbalance.inventory;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/hosts")
class HostApi {
  private final Hosts hosts;
  private final Pools pools;
  private final HostRegistration registration;

  HostApi(Hosts hosts, Pools pools, HostRegistration registration) {
    this.hosts = hosts;
    this.pools = pools;
    this.registration = registration;
  }

  /**
   * A host as the API shows it; the URIs only to administrators.
   *
   * @param missing what it cannot do, with the reason
   */
  record HostView(
      long id,
      String name,
      @Nullable String uri,
      @Nullable String peerUri,
      long poolId,
      String pool,
      @Nullable UUID uuid,
      String hypervisor,
      String hypervisorVersion,
      String libvirtVersion,
      int cores,
      long memoryBytes,
      Host.State state,
      String stateDetail,
      Instant stateSince,
      boolean maintenance,
      @Nullable Instant lastSeen,
      Map<Capability, String> missing) {}

  /** What may be changed; null leaves a thing as it is, an empty peerUri removes it. */
  record HostChange(
      @Nullable String name,
      @Nullable String uri,
      @Nullable String peerUri,
      @Nullable Long poolId,
      @Nullable Boolean maintenance) {}

  @Operation(summary = "List the hosts, of a pool or of all.")
  @GetMapping
  Items<HostView> list(@RequestParam @Nullable Long poolId, CurrentOperator me) {
    var names = poolNames();
    var found =
        poolId == null ? hosts.findAllByOrderByName() : hosts.findByPoolIdOrderByName(poolId);
    return new Items<>(found.stream().map(h -> view(h, names, me)).toList(), null);
  }

  @Operation(summary = "Show a host and what it cannot do.")
  @GetMapping("/{id}")
  HostView one(@PathVariable long id, CurrentOperator me) {
    return view(hosts.require(new HostId(id)), poolNames(), me);
  }

  @Operation(summary = "Add a host by its libvirt URI.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  HostView add(@RequestBody HostRegistration.Entry entry, CurrentOperator me) {
    return view(registration.add(entry, me.operator()), poolNames(), me);
  }

  @Operation(
      summary =
          "Try a libvirt URI without adding anything: what is there, and whether the pool's"
              + " hosts can reach it.")
  @PostMapping("/test")
  HostRegistration.Tested test(@RequestBody HostRegistration.Entry entry) {
    return registration.test(entry, null);
  }

  @Operation(summary = "Change a host's name, pool, URIs or maintenance; what is left out stays.")
  @PatchMapping("/{id}")
  HostView change(@PathVariable long id, @RequestBody HostChange change, CurrentOperator me) {
    var host = hosts.require(new HostId(id));
    boolean reconnects =
        change.name() != null
            || change.uri() != null
            || change.peerUri() != null
            || change.poolId() != null;
    if (reconnects) {
      host =
          registration.change(
              new HostId(id),
              // what is left out is taken from here
              host.version(),
              new HostRegistration.Entry(
                  Objects.requireNonNullElse(change.name(), host.name()),
                  Objects.requireNonNullElse(change.uri(), host.uri()),
                  change.peerUri() == null ? host.peerUri() : change.peerUri(),
                  Objects.requireNonNullElse(change.poolId(), host.poolId().value())),
              me.operator());
    }
    if (change.maintenance() != null && change.maintenance() != host.maintenance()) {
      host = registration.maintain(new HostId(id), change.maintenance(), me.operator());
    }
    return view(host, poolNames(), me);
  }

  @Operation(summary = "Put a host into maintenance: nothing moves to it, and its VMs stay.")
  @PostMapping("/{id}/maintenance")
  HostView enterMaintenance(@PathVariable HostId id, CurrentOperator me) {
    return view(registration.maintain(id, true, me.operator()), poolNames(), me);
  }

  @Operation(summary = "Let a host that is in maintenance take guests again.")
  @DeleteMapping("/{id}/maintenance")
  HostView leaveMaintenance(@PathVariable HostId id, CurrentOperator me) {
    return view(registration.maintain(id, false, me.operator()), poolNames(), me);
  }

  @Operation(summary = "Take a host out of the inventory; its VMs keep running.")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    hosts.require(new HostId(id));
    registration.remove(new HostId(id), me.operator());
  }

  private Map<Long, String> poolNames() {
    return pools.findAllByOrderByName().stream()
        .collect(Collectors.toMap(p -> p.id().value(), HostPool::name));
  }

  private static HostView view(Host host, Map<Long, String> pools, CurrentOperator me) {
    Function<@Nullable String, @Nullable String> secret = s -> me.mayAdminister() ? s : null;
    return new HostView(
        host.id().value(),
        host.name(),
        secret.apply(host.uri()),
        secret.apply(host.peerUri()),
        host.poolId().value(),
        pools.getOrDefault(host.poolId().value(), ""),
        host.uuid(),
        host.hypervisor(),
        host.hypervisorVersion(),
        host.libraryVersion(),
        host.cores(),
        host.memory().bytes(),
        host.state(),
        host.stateDetail(),
        host.stateSince(),
        host.maintenance(),
        host.lastSeen(),
        host.missing());
  }
}
