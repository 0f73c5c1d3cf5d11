package org.dcbalance.access;

import java.util.regex.Pattern;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Items;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
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
  private static final int SHORTEST_PASSWORD = 10;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,62}");

  private final Users users;

  UserApi(Users users) {
    this.users = users;
  }

  /** A user as the API shows it. */
  record UserView(String name, Role role, boolean enabled) {}

  /** What makes a user. */
  record NewUser(String name, String password, Role role) {}

  /** What may be changed; null leaves a thing as it is. */
  record UserChange(@Nullable String password, @Nullable Role role, @Nullable Boolean enabled) {}

  @GetMapping
  Items<UserView> list() {
    return Items.all(users.all()).map(UserApi::view);
  }

  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  UserView add(@RequestBody NewUser user) {
    if (!NAME.matcher(user.name()).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A user's name has 1 to 63 lower-case letters, digits, dots, hyphens, underscores or @.",
          null);
    }
    checkPassword(user.password());
    if (!users.add(user.name(), user.password(), user.role())) {
      throw new Problem(
          ErrorCode.CONFLICT, "There is a user named " + user.name() + " already.", null);
    }
    return view(find(user.name()));
  }

  @PatchMapping("/{name}")
  UserView change(@PathVariable String name, @RequestBody UserChange change, CurrentOperator me) {
    var user = find(name);
    boolean weakens =
        (change.role() != null && change.role() != Role.ADMINISTRATOR)
            || Boolean.FALSE.equals(change.enabled());
    if (weakens && name.equals(me.name())) {
      throw new Problem(
          ErrorCode.REFUSED,
          "Nobody can take their own rights away.",
          "Maybe ask another administrator.");
    }
    if (change.password() != null) {
      checkPassword(change.password());
      users.setPassword(user, change.password());
    }
    if (change.role() != null) {
      users.setRole(user, change.role());
    }
    if (change.enabled() != null) {
      users.enable(user, change.enabled());
    }
    return view(find(name));
  }

  @DeleteMapping("/{name}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable String name, CurrentOperator me) {
    var user = find(name);
    if (name.equals(me.name()) || name.equals(FirstAdministrator.NAME)) {
      throw new Problem(
          ErrorCode.REFUSED,
          "The user " + name + " stays: someone has to be able to sign in.",
          null);
    }
    users.remove(user);
  }

  private User find(String name) {
    return users
        .find(name)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no user named " + name + ".", null));
  }

  private static void checkPassword(String password) {
    if (password.length() < SHORTEST_PASSWORD) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A password needs at least " + SHORTEST_PASSWORD + " characters.",
          "Maybe use a few words that nobody else would put together.");
    }
  }

  private static UserView view(User user) {
    return new UserView(user.name(), user.role(), user.enabled());
  }
}
