package org.dcbalance.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.test.context.TestPropertySource;

/**
 * A second console like that of {@link ConsoleTest}, for tests of pages: with one alone, all tests
 * of a console would wait for each other.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ConsoleTest.Whole
@TestPropertySource(properties = "dcbalance.data-dir=target/console-test-pages")
@ResourceLock("console for tests of pages")
public @interface ConsolePagesTest {}
