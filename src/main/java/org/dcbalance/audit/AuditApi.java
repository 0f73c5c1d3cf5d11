package org.dcbalance.audit;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.dcbalance.csv.CsvDownload;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.Items;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Read the audit log; for administrators, since it tells addresses and how hosts are reached. */
@RestController
@RequestMapping("/api/v1")
class AuditApi {
  private final AuditEntries entries;

  AuditApi(AuditEntries entries) {
    this.entries = entries;
  }

  @Operation(summary = "List the audit log, newest first.")
  @GetMapping("/audit")
  Items<AuditEntry> list(@ModelAttribute AuditFilter filter, Cursor cursor) {
    return Items.page(
        entries.list(filter, cursor.afterId().orElse(Long.MAX_VALUE), cursor.fetch()),
        cursor,
        AuditEntry::id);
  }

  @Operation(
      summary =
          "Give all entries of the audit log that the filter lets through as CSV, newest first.")
  @GetMapping("/audit.csv")
  void csv(@ModelAttribute AuditFilter filter, HttpServletResponse response) throws IOException {
    var table =
        CsvDownload.begin(
            response,
            "audit.csv",
            "id",
            "at",
            "who",
            "what",
            "kind",
            "object id",
            "object",
            "before",
            "after",
            "address",
            "request");
    CsvDownload.all(
        (id, most) -> entries.list(filter, id, most),
        AuditEntry::id,
        entry ->
            table.row(
                entry.id(),
                entry.at(),
                entry.who(),
                entry.words(),
                entry.kind(),
                entry.objectId(),
                entry.object(),
                entry.differences().stream()
                    .filter(d -> d.before() != null)
                    .map(d -> d.name() + ": " + d.before())
                    .toList(),
                entry.differences().stream()
                    .filter(d -> d.after() != null)
                    .map(d -> d.name() + ": " + d.after())
                    .toList(),
                entry.address(),
                entry.requestId()));
  }
}
