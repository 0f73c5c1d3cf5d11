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

/**
 * A second console like that of {@link ConsoleTest}, for tests of pages: with one alone, all tests
 * of a console would wait for each other.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/console-test-pages",
      "dcbalance.admin.password=" + ConsoleTest.PASSWORD,
      "dcbalance.admin.token=" + ConsoleTest.TOKEN,
      // receivers of the tests' notifications; the rest of the loopback network stays refused
      "dcbalance.notification.allowed-networks=127.0.0.1"
    })
@Import({PostgresForTests.class, ConsoleProbes.class})
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("console for tests of pages")
public @interface ConsolePagesTest {}
