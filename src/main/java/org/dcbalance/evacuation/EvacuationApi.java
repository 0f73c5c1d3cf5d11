package org.dcbalance.evacuation;

import org.dcbalance.access.CurrentOperator;
import org.dcbalance.evacuation.Evacuations.Preview;
import org.dcbalance.evacuation.Evacuations.Progress;
import org.dcbalance.units.HostId;
import org.jspecify.annotations.Nullable;
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

  /** How the newest evacuation stands, and what one would take from here. */
  record EvacuationView(@Nullable Progress progress, Preview preview) {}

  @GetMapping
  EvacuationView show(@PathVariable HostId id) {
    return new EvacuationView(evacuations.newest(id).orElse(null), evacuations.preview(id));
  }

  @PostMapping
  @ResponseStatus(HttpStatus.ACCEPTED)
  EvacuationView start(@PathVariable HostId id, CurrentOperator me) {
    evacuations.start(id, me.operator());
    return show(id);
  }

  @DeleteMapping
  EvacuationView cancel(@PathVariable HostId id, CurrentOperator me) {
    evacuations.cancel(id, me.operator());
    return show(id);
  }
}
