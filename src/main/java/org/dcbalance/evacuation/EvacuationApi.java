package org.dcbalance.evacuation;

import io.swagger.v3.oas.annotations.Operation;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.evacuation.Evacuations.Standing;
import org.dcbalance.units.HostId;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/hosts/{id}/evacuation")
class EvacuationApi {
  private final Evacuations evacuations;

  EvacuationApi(Evacuations evacuations) {
    this.evacuations = evacuations;
  }

  @Operation(summary = "Show how the evacuation of a host stands.")
  @GetMapping
  Standing show(@PathVariable HostId id) {
    return evacuations.standing(id);
  }

  @Operation(summary = "Put a host into maintenance and move its VMs away.")
  @PostMapping
  @ResponseStatus(HttpStatus.ACCEPTED)
  Standing start(@PathVariable HostId id, CurrentOperator me) {
    evacuations.start(id, me.operator());
    return show(id);
  }

  @Operation(
      summary =
          "Stop an evacuation: moves under way go on, no other starts, and the host stays in"
              + " maintenance.")
  @DeleteMapping
  Standing cancel(@PathVariable HostId id, CurrentOperator me) {
    evacuations.cancel(id, me.operator());
    return show(id);
  }
}
