package org.dcbalance.testing;

import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skip a test class on a machine that lacks what the class needs, and name the one command that
 * installs it.
 *
 * <p>With {@code DCBALANCE_REQUIRE_ALL=1} the class fails instead.
 */
public abstract class Needed implements ExecutionCondition {
  private final String command;

  /**
   * Describe a need.
   *
   * @param command what to run for it, such as {@code lab/install --only node}
   */
  protected Needed(String command) {
    this.command = command;
  }

  /** List what is missing on this machine, in words. */
  protected abstract List<String> missing();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (context.getTestMethod().isPresent()) {
      return ConditionEvaluationResult.enabled("asked for the whole class");
    }
    var missing = missing();
    return missing.isEmpty()
        ? ConditionEvaluationResult.enabled("nothing is missing")
        : unavailable(
            context.getDisplayName(),
            "%s missing: run %s".formatted(String.join(", ", missing), command));
  }

  /**
   * Have the class skipped.
   *
   * @throws AssertionError where everything is required
   */
  private static ConditionEvaluationResult unavailable(String test, String words) {
    if (everythingIsRequired()) {
      throw new AssertionError(words);
    }
    // Maven's own lines tell how many were skipped, and not why
    System.out.printf("skipped: %s: %s%n", test, words);
    return ConditionEvaluationResult.disabled(words);
  }

  /** Tell whether a test that cannot run here is to fail. */
  public static boolean everythingIsRequired() {
    return "1".equals(System.getenv("DCBALANCE_REQUIRE_ALL"));
  }
}
