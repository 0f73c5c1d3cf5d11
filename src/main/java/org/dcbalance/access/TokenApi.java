package org.dcbalance.access;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Hand out API tokens and revoke them; for administrators. */
@RestController
@RequestMapping("/api/v1/tokens")
class TokenApi {
  private final Keys keys;

  TokenApi(Keys keys) {
    this.keys = keys;
  }

  /**
   * What makes a token.
   *
   * @param readOnly whether it may change nothing, whatever its role; false where left out
   * @param days how long it holds; null for until it is revoked
   */
  record NewToken(
      @NotNull String name,
      @NotNull Role role,
      @Nullable Boolean readOnly,
      @Nullable Integer days) {}

  /**
   * A token just made.
   *
   * @param token what to send as {@code Authorization: Bearer}; it cannot be read again
   */
  record FreshToken(
      String name, Role role, boolean readOnly, @Nullable Instant expiresAt, String token) {
    /** Tell which token it is, never what it consists of. */
    @Override
    public String toString() {
      return "FreshToken[%s, %s]".formatted(name, role);
    }
  }

  @Operation(summary = "List API tokens, without what they consist of.")
  @GetMapping
  Items<ApiToken> list() {
    return Items.all(keys.all());
  }

  @Operation(summary = "Make an API token; the answer alone shows it.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  FreshToken add(@Valid @RequestBody NewToken wanted, CurrentOperator me) {
    var fresh =
        keys.add(
            wanted.name(),
            wanted.role(),
            Boolean.TRUE.equals(wanted.readOnly()),
            wanted.days(),
            me.operator());
    var token = fresh.token();
    return new FreshToken(
        token.name(), token.role(), token.readOnly(), token.expiresAt(), fresh.secret());
  }

  @Operation(summary = "Revoke an API token.")
  @DeleteMapping("/{name}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void revoke(@PathVariable String name, CurrentOperator me) {
    keys.revoke(name, me.operator());
  }
}
