package org.dcbalance.units;

import org.jspecify.annotations.Nullable;

/**
 * Report something that a person has to know: one sentence that says what is wrong and, where we
 * know one, advice that starts with "Maybe".
 */
public class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final @Nullable String advice;

  public Problem(ErrorCode code, String sentence, @Nullable String advice) {
    super(sentence);
    this.code = code;
    this.advice = advice;
  }

  public Problem(ErrorCode code, String sentence, @Nullable String advice, Throwable cause) {
    super(sentence, cause);
    this.code = code;
    this.advice = advice;
  }

  public ErrorCode code() {
    return code;
  }

  public String sentence() {
    return String.valueOf(getMessage());
  }

  /** Give the advice, starting with "Maybe", or null where there is none. */
  public @Nullable String advice() {
    return advice;
  }
}
