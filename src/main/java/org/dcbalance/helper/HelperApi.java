package org.dcbalance.helper;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/hosts/{id}/helper")
class HelperApi {
  private final HostHelpers helpers;
  private final Hosts hosts;

  HelperApi(HostHelpers helpers, Hosts hosts) {
    this.helpers = helpers;
    this.hosts = hosts;
  }

  /** How it is reached; port 22 and user root unless told otherwise. */
  record Wish(
      @Nullable String address,
      @Nullable Integer port,
      @Nullable String user,
      @Nullable String keyFile,
      @Nullable String hostKey) {
    HelperAccess access() {
      return new HelperAccess(
          text(address),
          Objects.requireNonNullElse(port, 22),
          user == null ? "root" : user,
          text(keyFile),
          text(hostKey));
    }

    private static String text(@Nullable String given) {
      return given == null ? "" : given;
    }
  }

  /**
   * A helper as the API shows it.
   *
   * @param whyNot why guests are not resumed lazily on this host; null if they are
   */
  record View(
      String address,
      int port,
      String user,
      String keyFile,
      String hostKey,
      int version,
      String hook,
      List<String> security,
      String emulatorUser,
      String setBy,
      Instant setAt,
      @Nullable String whyNot) {}

  @Operation(
      summary =
          "Show how the helper on a host is reached, and whether guests are resumed lazily"
              + " there.")
  @GetMapping
  View show(@PathVariable HostId id) {
    var host = hosts.require(id);
    return helpers
        .of(host)
        .map(HelperApi::view)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, host.name() + " has no host helper.", null));
  }

  @Operation(summary = "Set how the helper on a host is reached.")
  @PutMapping
  View set(@PathVariable HostId id, @RequestBody Wish wish, CurrentOperator me) {
    return view(helpers.set(id, wish.access(), me.operator()));
  }

  @Operation(summary = "Use no helper on a host any more.")
  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable HostId id, CurrentOperator me) {
    helpers.remove(id, me.operator());
  }

  private static View view(HostHelpers.Known known) {
    var access = known.access();
    var facts = known.facts();
    return new View(
        access.address(),
        access.port(),
        access.user(),
        access.keyFile(),
        access.hostKey(),
        facts.version(),
        facts.hook(),
        facts.security(),
        facts.user(),
        known.setBy(),
        known.setAt(),
        known.whyNot().isEmpty() ? null : known.whyNot());
  }
}
