package org.dcbalance.installation;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import org.dcbalance.access.CurrentOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/installation")
class InstallationApi {
  private final Installation installation;

  InstallationApi(Installation installation) {
    this.installation = installation;
  }

  /** Whether consoles act on this database, and why not. */
  record InstallationView(
      boolean observing, @Nullable Instant observingSince, @Nullable String sentence) {}

  @Operation(summary = "Tell whether consoles act on this database, and why not.")
  @GetMapping
  InstallationView show() {
    return installation
        .doubt()
        .map(d -> new InstallationView(true, d.since(), d.sentence()))
        .orElse(new InstallationView(false, null, null));
  }

  @Operation(summary = "Confirm that this database, as it is now, is the one to work with.")
  @PostMapping("/confirm")
  InstallationView confirm(CurrentOperator me) {
    installation.confirm(me.operator());
    return show();
  }
}
