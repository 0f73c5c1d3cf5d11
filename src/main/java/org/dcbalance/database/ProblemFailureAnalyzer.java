package org.dcbalance.database;

import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Say why a start failed, in the problem's own sentence and without a stack trace. */
class ProblemFailureAnalyzer extends AbstractFailureAnalyzer<Problem> {
  @Override
  protected @Nullable FailureAnalysis analyze(Throwable rootFailure, Problem cause) {
    return new FailureAnalysis(cause.sentence(), cause.advice(), cause);
  }
}
