package org.dcbalance.database;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.stream.Stream;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.flywaydb.core.Flyway;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Bring the database to this program's version, give the application's role what it needs, and end:
 * {@code java -jar dcbalance.jar migrate}. With it the password of the role that owns the tables
 * need not lie where consoles run.
 */
@ImportAutoConfiguration({DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class})
@Import(DatabaseConfiguration.class)
@EnableConfigurationProperties(DatabaseSettings.class)
public final class MigrateCommand {
  private static final String URL = "spring.datasource.url";

  private MigrateCommand() {}

  /**
   * Run the command.
   *
   * @param args settings, as "--spring.flyway.user=…"; those of the environment count, too
   * @return the exit code: 0 if done, 1 if it failed, with the reason in the log
   */
  public static int run(PrintStream out, String... args) {
    // whatever holds for consoles, and never a new database of its own
    return start(
        out,
        Stream.concat(
                Arrays.stream(args).filter(arg -> !arg.startsWith("--dcbalance.database.")),
                Stream.of(
                    "--dcbalance.database.migrate=true", "--dcbalance.database.embedded=false"))
            .toArray(String[]::new));
  }

  static int start(PrintStream out, String... args) {
    try (var context =
        new SpringApplicationBuilder(MigrateCommand.class)
            .web(WebApplicationType.NONE)
            .bannerMode(Banner.Mode.OFF)
            .initializers(starting -> requireUrl(starting.getEnvironment()))
            .run(args)) {
      var current = context.getBean(Flyway.class).info().current();
      out.println(
          "%s is at version %s, as this program needs it."
              .formatted(
                  context.getEnvironment().getRequiredProperty(URL).replaceFirst("[?].*", ""),
                  current == null ? "0" : current.getVersion()));
      return 0;
    } catch (RuntimeException e) {
      // the failure analyzer has told it
      return 1;
    }
  }

  private static void requireUrl(Environment environment) {
    if (environment.getProperty(URL, "").isBlank()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "No database was named.",
          "Maybe set SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME and SPRING_FLYWAY_USER.");
    }
  }
}
