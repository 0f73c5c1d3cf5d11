package org.dcbalance.access;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import org.dcbalance.units.Items;
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

/** Add, change and remove the people who may sign in; for administrators. */
@RestController
@RequestMapping("/api/v1/users")
class UserApi {
  private final Accounts accounts;

  UserApi(Accounts accounts) {
    this.accounts = accounts;
  }

  /** What makes a user. */
  record NewUser(@NotNull String name, @NotNull String password, @NotNull Role role) {
    /** Tell who it is, never the password. */
    @Override
    public String toString() {
      return "NewUser[" + name + ", " + role + "]";
    }
  }

  @Operation(summary = "List the people who may sign in.")
  @GetMapping
  Items<Accounts.Account> list() {
    return Items.all(accounts.all());
  }

  @Operation(summary = "Add a user.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  Accounts.Account add(@Valid @RequestBody NewUser user, CurrentOperator me) {
    return accounts.add(user.name(), user.password(), user.role(), me.operator());
  }

  @Operation(
      summary =
          "Change a user's role, password, or whether they may sign in; what is left out stays.")
  @PatchMapping("/{name}")
  Accounts.Account change(
      @PathVariable String name, @RequestBody Accounts.Change change, CurrentOperator me) {
    return accounts.change(name, change, me.operator());
  }

  @Operation(summary = "Remove a user.")
  @DeleteMapping("/{name}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable String name, CurrentOperator me) {
    accounts.remove(name, me.operator());
  }

  @Operation(summary = "Sign a user out everywhere.")
  @DeleteMapping("/{name}/sessions")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void signOut(@PathVariable String name, CurrentOperator me) {
    accounts.signOut(name, me.operator());
  }
}
