package org.dcbalance.testing;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.live.Signals;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.dcbalance.units.Problem;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Endpoints that exist in tests alone, one for each thing that can happen to a request. */
@RestController
class ConsoleProbes {
  private final Signals signals;

  ConsoleProbes(Signals signals) {
    this.signals = signals;
  }

  record Order(@NotBlank String name, int count, HostId host) {}

  @GetMapping({"/api/v1/probe/me", "/probe/me"})
  Map<String, Object> me(CurrentOperator me) {
    return Map.of("name", me.name(), "role", me.role());
  }

  @PostMapping({"/api/v1/probe/orders", "/probe/orders", "/api/v1/hosts/probe", "/hosts/probe"})
  Order order(@Valid @RequestBody Order order) {
    return order;
  }

  @DeleteMapping("/api/v1/probe/{host}")
  HostId delete(@PathVariable HostId host) {
    return host;
  }

  @GetMapping("/api/v1/probe/rows")
  Items<Long> rows(Cursor cursor) {
    long from = cursor.afterId().orElse(0);
    List<Long> rows = LongStream.rangeClosed(from + 1, 5).limit(cursor.fetch()).boxed().toList();
    return Items.page(rows, cursor, row -> row);
  }

  /** A table of which much was sent when something fails. */
  @GetMapping("/api/v1/probe/table.csv")
  void table(HttpServletResponse response) throws IOException {
    var table = CsvDownload.begin(response, "table.csv", "n");
    for (int n = 0; n < 100_000; n++) {
      table.row(n);
    }
    throw new IllegalStateException("There is more.");
  }

  @PostMapping("/api/v1/probe/signals/{id}")
  void signal(@PathVariable long id) {
    signals.publish("round-finished", id);
  }

  @GetMapping({"/api/v1/probe/fails/{how}", "/probe/fails/{how}"})
  void fail(@PathVariable String how) {
    throw switch (how) {
      case "conflict" ->
          new Problem(ErrorCode.CONFLICT, "Round 7 has <superseded> it.", "Maybe look at round 8.");
      case "hypervisor" ->
          new HypervisorException(
              HypervisorException.Kind.UNREACHABLE, "Host alpha cannot be reached.", null);
      case "database" -> new CannotGetJdbcConnectionException("Failed to obtain a connection");
      default -> new IllegalStateException("a secret of the inside");
    };
  }
}
