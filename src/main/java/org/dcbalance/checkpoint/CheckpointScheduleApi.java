package org.dcbalance.checkpoint;

import io.swagger.v3.oas.annotations.Operation;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.CheckpointSchedules.NewSchedule;
import org.dcbalance.checkpoint.CheckpointSchedules.Schedule;
import org.dcbalance.units.Items;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/checkpoint-schedules")
class CheckpointScheduleApi {
  private final CheckpointSchedules schedules;

  CheckpointScheduleApi(CheckpointSchedules schedules) {
    this.schedules = schedules;
  }

  @Operation(summary = "List the schedules by which checkpoints are taken.")
  @GetMapping
  Items<Schedule> list() {
    return Items.all(schedules.all());
  }

  @Operation(summary = "Add a schedule for a VM or a virtual cluster.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  Schedule add(@RequestBody NewSchedule wish, CurrentOperator me) {
    long id = schedules.add(wish, me.operator());
    return schedules.all().stream().filter(s -> s.id() == id).findFirst().orElseThrow();
  }

  @Operation(summary = "Remove a schedule; its checkpoints stay.")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    schedules.remove(id, me.operator());
  }
}
