package org.dcbalance.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/**
 * Start the whole console on a free port with a real PostgreSQL. All tests that carry it share one
 * console, one after the other, so none may rely on tables being empty.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ConsoleTest.Whole
@TestPropertySource(properties = "dcbalance.data-dir=target/console-test")
@ResourceLock("console for tests")
public @interface ConsoleTest {
  String PASSWORD = "a password for tests";
  String TOKEN = "a-token-for-tests-0123456789abcdef";

  /** What each of the consoles that tests share is. */
  @Target(ElementType.ANNOTATION_TYPE)
  @Retention(RetentionPolicy.RUNTIME)
  @SpringBootTest(
      webEnvironment = WebEnvironment.RANDOM_PORT,
      properties = {
        "dcbalance.admin.password=" + PASSWORD,
        "dcbalance.admin.token=" + TOKEN,
        // receivers of the tests' notifications; the rest of the loopback network stays refused
        "dcbalance.notification.allowed-networks=127.0.0.1",
        // the load of reports on days that are long over is not to be dropped while they are read
        "dcbalance.telemetry.keep-minutes=4000d"
      })
  @Import({PostgresForTests.class, ConsoleProbes.class})
  @Execution(ExecutionMode.CONCURRENT)
  @interface Whole {}
}
