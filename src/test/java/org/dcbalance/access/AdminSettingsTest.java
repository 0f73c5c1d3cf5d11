package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class AdminSettingsTest {
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";

  @TempDir private Path folder;

  @Test
  void nothingIsSetByDefault() {
    var settings = bound(Map.of());
    assertThat(settings.chosenPassword()).isEmpty();
    assertThat(settings.chosenToken()).isEmpty();
  }

  @Test
  void theEnvironmentNamesValues() {
    var settings =
        bound(Map.of("DCBALANCE_ADMIN_PASSWORD", "secret", "DCBALANCE_ADMIN_TOKEN", TOKEN));
    assertThat(settings.chosenPassword()).hasValue("secret");
    assertThat(settings.chosenToken()).hasValue(TOKEN);
    assertThat(settings.toString()).doesNotContain("secret", TOKEN);
  }

  @Test
  void theEnvironmentNamesFiles() throws IOException {
    var password = Files.writeString(folder.resolve("password"), " with a space in front\n");
    var token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    var settings =
        bound(
            Map.of(
                "DCBALANCE_ADMIN_PASSWORD_FILE", password.toString(),
                "DCBALANCE_ADMIN_TOKEN_FILE", token.toString()));
    assertThat(settings.chosenPassword()).hasValue(" with a space in front");
    assertThat(settings.chosenToken()).hasValue(TOKEN);
  }

  @Test
  void blankCountsAsNotSet() {
    var settings =
        bound(
            Map.of(
                "DCBALANCE_ADMIN_PASSWORD", "",
                "DCBALANCE_ADMIN_PASSWORD_FILE", "",
                "DCBALANCE_ADMIN_TOKEN", " "));
    assertThat(settings.chosenPassword()).isEmpty();
    assertThat(settings.chosenToken()).isEmpty();
  }

  @Test
  void whatCannotBeUsedIsRefusedWithAReason() {
    refused(
        Map.of("DCBALANCE_ADMIN_TOKEN", "too-short"),
        "The token in DCBALANCE_ADMIN_TOKEN has 9 characters; it needs at least 32");
    refused(Map.of("DCBALANCE_ADMIN_TOKEN", TOKEN + " with spaces"), "without spaces");
    refused(Map.of("DCBALANCE_ADMIN_PASSWORD", "ü".repeat(37)), "longer than 72 bytes");
    refused(
        Map.of("DCBALANCE_ADMIN_PASSWORD", "a", "DCBALANCE_ADMIN_PASSWORD_FILE", "/b"),
        "are both set");
    refused(
        Map.of("DCBALANCE_ADMIN_PASSWORD_FILE", folder.resolve("none").toString()),
        "cannot be read");
  }

  private static void refused(Map<String, Object> environment, String why) {
    var settings = bound(environment);
    assertThatExceptionOfType(Problem.class)
        .isThrownBy(
            () -> {
              settings.chosenPassword();
              settings.chosenToken();
            })
        .withMessageContaining(why)
        .satisfies(problem -> assertThat(problem.advice()).startsWith("Maybe "));
  }

  private static AdminSettings bound(Map<String, Object> variables) {
    var environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .replace(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    return Binder.get(environment).bindOrCreate("dcbalance.admin", AdminSettings.class);
  }
}
