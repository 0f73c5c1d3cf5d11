package org.dcbalance.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the first administrator. What is blank counts as not set.
 *
 * @param password password of the user "admin"
 * @param passwordFile file that holds that password
 * @param token API token of an administrator, at least 32 characters
 * @param tokenFile file that holds that token
 */
@ConfigurationProperties("dcbalance.admin")
public record AdminSettings(
    @Nullable String password,
    @Nullable Path passwordFile,
    @Nullable String token,
    @Nullable Path tokenFile) {
  /** What bcrypt takes into account. */
  static final int MAX_PASSWORD_BYTES = 72;

  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{32,}");

  Optional<String> chosenPassword() {
    var chosen = chosen("DCBALANCE_ADMIN_PASSWORD", password, passwordFile);
    if (chosen.isPresent()
        && chosen.get().getBytes(StandardCharsets.UTF_8).length > MAX_PASSWORD_BYTES) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The password in DCBALANCE_ADMIN_PASSWORD is longer than 72 bytes.",
          "Maybe choose a shorter one: what follows the 72nd byte could not be checked.");
    }
    return chosen;
  }

  Optional<String> chosenToken() {
    var chosen = chosen("DCBALANCE_ADMIN_TOKEN", token, tokenFile);
    if (chosen.isPresent() && !TOKEN.matcher(chosen.get()).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The token in DCBALANCE_ADMIN_TOKEN has "
              + chosen.get().length()
              + " characters; it needs at least 32, without spaces, of printable ASCII.",
          "Maybe make one with: openssl rand -hex 32");
    }
    return chosen;
  }

  static Optional<String> chosen(String name, @Nullable String value, @Nullable Path file) {
    var given = Optional.ofNullable(value).filter(text -> !text.isBlank());
    if (file == null || file.toString().isBlank()) {
      return given;
    }
    if (given.isPresent()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          name + " and " + name + "_FILE are both set.",
          "Maybe unset one of them: it is not clear which to believe.");
    }
    return Optional.of(read(name, file));
  }

  private static String read(String name, Path file) {
    String content;
    try {
      content = Files.readString(file).stripTrailing();
    } catch (IOException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The file named by " + name + "_FILE cannot be read: " + file + ".",
          "Maybe check that it exists and that the user of this process may read it.",
          e);
    }
    if (content.isBlank()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The file named by " + name + "_FILE is empty: " + file + ".",
          "Maybe write the secret into it, or unset " + name + "_FILE.");
    }
    return content;
  }

  /** Tell what is set, never the secrets. */
  @Override
  public String toString() {
    return "AdminSettings[password %s, token %s]"
        .formatted(
            password == null && passwordFile == null ? "not set" : "set",
            token == null && tokenFile == null ? "not set" : "set");
  }
}
