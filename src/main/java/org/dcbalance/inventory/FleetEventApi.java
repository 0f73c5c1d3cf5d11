package org.dcbalance.inventory;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.inventory.FleetEventLog.Entry;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Read what happened in the fleet. */
@RestController
@RequestMapping("/api/v1")
class FleetEventApi {
  private final FleetEventLog log;

  FleetEventApi(FleetEventLog log) {
    this.log = log;
  }

  @Operation(
      summary =
          "List what happened in the fleet, newest first, by pool, least severity, host, VM or time.")
  @GetMapping("/events")
  Items<Entry> list(@ModelAttribute FleetEventFilter filter, Cursor cursor) {
    return Items.page(
        log.list(filter, cursor.afterId().orElse(Long.MAX_VALUE), cursor.fetch()),
        cursor,
        Entry::id);
  }

  @Operation(summary = "Give all events that the filter lets through as CSV, newest first.")
  @GetMapping("/events.csv")
  void csv(@ModelAttribute FleetEventFilter filter, HttpServletResponse response)
      throws IOException {
    var table =
        CsvDownload.begin(
            response,
            "events.csv",
            "id",
            "at",
            "severity",
            "kind",
            "what happened",
            "pool",
            "host id",
            "host",
            "vm id",
            "vm");
    CsvDownload.all(
        (id, most) -> log.list(filter, id, most),
        Entry::id,
        event ->
            table.row(
                event.id(),
                event.at(),
                event.severity(),
                event.kind(),
                event.sentence(),
                event.pool(),
                event.hostId(),
                event.host(),
                event.vmId(),
                event.vm()));
  }
}
