package org.dcbalance.inventory;

import io.swagger.v3.oas.annotations.Operation;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.units.Items;
import org.dcbalance.units.PoolId;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/pools/{pool}/rules")
class PlacementRuleApi {
  private final PlacementRules rules;
  private final PoolPolicy policy;

  PlacementRuleApi(PlacementRules rules, PoolPolicy policy) {
    this.rules = rules;
    this.policy = policy;
  }

  @Operation(summary = "List the placement rules of a pool.")
  @GetMapping
  Items<PlacementRules.PlacementRule> list(@PathVariable long pool) {
    return new Items<>(rules.of(policy.find(pool).id()), null);
  }

  @Operation(summary = "Add a placement rule.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  PlacementRules.PlacementRule add(
      @PathVariable long pool, @RequestBody PlacementRules.NewRule rule, CurrentOperator me) {
    return rules.add(new PoolId(pool), rule, me.operator());
  }

  @Operation(summary = "Change a placement rule; what is left out stays.")
  @PatchMapping("/{id}")
  PlacementRules.PlacementRule change(
      @PathVariable long pool,
      @PathVariable long id,
      @RequestBody PlacementRules.NewRule change,
      CurrentOperator me) {
    return rules.change(new PoolId(pool), id, change, me.operator());
  }

  @Operation(summary = "Remove a placement rule.")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long pool, @PathVariable long id, CurrentOperator me) {
    rules.remove(new PoolId(pool), id, me.operator());
  }
}
