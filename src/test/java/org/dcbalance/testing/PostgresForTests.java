package org.dcbalance.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Give a test a real PostgreSQL: by Testcontainers where a Docker engine answers, otherwise from
 * the embedded binaries. Import it into a Spring test.
 */
@TestConfiguration(proxyBeanMethods = false)
public class PostgresForTests {
  private static final String IMAGE =
      System.getenv().getOrDefault("DCBALANCE_TEST_POSTGRES_IMAGE", "postgres:18");

  /** Tell whether a Docker engine answers on this machine. */
  public static boolean engineAnswers() {
    return Engine.ANSWERS;
  }

  static PostgreSQLContainer container() {
    return new PostgreSQLContainer(
        DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("postgres"));
  }

  private static final class Engine {
    static final boolean ANSWERS = DockerClientFactory.instance().isDockerAvailable();
  }

  /** The database is a new one, so what an earlier test's console remembers is of another. */
  @Bean
  static SmartInitializingSingleton forgetEarlierDatabases(
      @Value("${dcbalance.data-dir:.dcbalance}") Path folder) {
    return () -> {
      try {
        Files.deleteIfExists(folder.resolve("installation"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  static final class WithEngine implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return engineAnswers();
    }
  }

  static final class WithoutEngine implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return !engineAnswers();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @Conditional(WithEngine.class)
  static class InContainer {
    @Bean
    @ServiceConnection
    PostgreSQLContainer postgres() {
      return container();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @Conditional(WithoutEngine.class)
  static class Embedded {
    @Bean(destroyMethod = "close")
    EmbeddedPostgres postgres() throws IOException {
      return EmbeddedPostgres.builder()
          .setRegisterShutdownHook(false)
          // as the console's own; a busy machine takes longer than the 10 s that are usual
          .setPGStartupWait(Duration.ofSeconds(60))
          .start();
    }

    @Bean
    JdbcConnectionDetails postgresDetails(EmbeddedPostgres postgres) {
      return new JdbcConnectionDetails() {
        @Override
        public String getUsername() {
          return "postgres";
        }

        @Override
        public String getPassword() {
          return "postgres";
        }

        @Override
        public String getJdbcUrl() {
          return postgres.getJdbcUrl("postgres", "postgres");
        }
      };
    }
  }
}
