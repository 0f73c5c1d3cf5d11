package org.dcbalance.inventory;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
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
@RequestMapping("/api/v1/pools")
class PoolApi {
  private final Pools pools;
  private final Hosts hosts;
  private final PoolPolicy policy;

  PoolApi(Pools pools, Hosts hosts, PoolPolicy policy) {
    this.pools = pools;
    this.hosts = hosts;
    this.policy = policy;
  }

  /**
   * A pool as the API shows it.
   *
   * @param version of its settings, for a change to tell what it has seen
   */
  record PoolView(
      long id,
      String name,
      boolean simulated,
      HostPool.Automation automation,
      HostPool.Urgency automaticFrom,
      HostPool.Balancing strategy,
      @Nullable Double cpuThreshold,
      @Nullable String quietHours,
      boolean paused,
      List<String> sharedStorages,
      List<String> networks,
      String note,
      MoveOptions moveOptions,
      PoolRoom room,
      PoolLimits limits,
      long version,
      long hosts) {}

  /** What makes a pool. */
  record NewPool(
      @NotNull String name,
      @Nullable List<String> sharedStorages,
      @Nullable List<String> networks,
      @Nullable String note) {}

  @Operation(summary = "List the pools.")
  @GetMapping
  Items<PoolView> list() {
    return new Items<>(pools.findAllByOrderByName().stream().map(this::view).toList(), null);
  }

  @Operation(summary = "Show a pool with its settings.")
  @GetMapping("/{id}")
  PoolView one(@PathVariable long id) {
    return view(policy.find(id));
  }

  @Operation(summary = "Add a pool.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  PoolView add(@Valid @RequestBody NewPool pool, CurrentOperator me) {
    var added = policy.add(pool.name(), me.operator());
    return view(
        policy.change(
            added.id(),
            PoolPolicy.Change.shared(pool.sharedStorages(), pool.networks(), pool.note()),
            me.operator()));
  }

  @Operation(
      summary =
          "Change a pool: its name, note, shared storages and networks, strategy, CPU threshold,"
              + " limits, room, quiet hours, automation or how its VMs may be moved; what is left"
              + " out stays.")
  @PatchMapping("/{id}")
  PoolView change(
      @PathVariable long id,
      @RequestParam @Nullable Long version,
      @RequestBody PoolPolicy.Change change,
      CurrentOperator me) {
    return view(policy.change(policy.find(id).id(), version, change, me.operator()));
  }

  @Operation(summary = "Remove a pool that has no hosts and nothing on record.")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    policy.remove(policy.find(id).id(), me.operator());
  }

  @Operation(summary = "Pause balancing: nothing is decided and nothing starts.")
  @PostMapping("/{id}/pause")
  PoolView pause(@PathVariable long id, CurrentOperator me) {
    return view(policy.pause(policy.find(id).id(), true, me.operator()));
  }

  @Operation(summary = "Resume balancing.")
  @PostMapping("/{id}/resume")
  PoolView resume(@PathVariable long id, CurrentOperator me) {
    return view(policy.pause(policy.find(id).id(), false, me.operator()));
  }

  private PoolView view(HostPool pool) {
    return new PoolView(
        pool.id().value(),
        pool.name(),
        pool.simulated(),
        pool.automation(),
        pool.automaticFrom(),
        pool.strategy(),
        pool.cpuThreshold(),
        pool.quietHours(),
        pool.paused(),
        pool.sharedStorages(),
        pool.networks(),
        pool.note(),
        pool.moveOptions(),
        pool.room(),
        pool.limits(),
        pool.version(),
        hosts.countByPoolId(pool.id().value()));
  }
}
